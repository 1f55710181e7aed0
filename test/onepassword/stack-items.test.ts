import { expect, test } from "vitest";
import { parseStack } from "../../components/config/parse.ts";
import type { ReadItem } from "../../components/onepassword/item.ts";
import { planItemRequests, readStackItems } from "../../components/onepassword/stack-items.ts";
import { itemWith } from "../fakes/item.ts";
import { makeSpec, writeStack } from "../fakes/stack.ts";

const spec = makeSpec({
  netbox: {
    owner: { memberOf: ["reports"] },
    roles: { ro: { profile: "readonly" } },
    secrets: { smtp: ["host"] },
  },
});

function makeReader(admin: string): ReadItem {
  const users = new Map([
    ["postgres-admin", admin],
    ["netbox-db-credentials", "netbox"],
    ["netbox-ro-db-credentials", "netbox_ro"],
  ]);
  return ({ item }) => {
    const fields = { username: users.get(item) ?? "", password: `${item}-word`, host: "mail" };
    return Promise.resolve(itemWith(fields, { vaultId: "v", itemId: item }));
  };
}

test("a stack needs the admin's item, each role's and each Secret's", () => {
  const vault = "Coachlight";
  const fields = ["username", "password"];
  const makeCommand = "npm run add -- netbox --stack prod";
  expect(planItemRequests(spec)).toEqual([
    { ref: { vault, item: "postgres-admin" }, wantedBy: "admin", fields },
    {
      ref: { vault, item: "netbox-db-credentials" },
      wantedBy: "app netbox",
      fields,
      username: "netbox",
      makeCommand,
    },
    {
      ref: { vault, item: "netbox-ro-db-credentials" },
      wantedBy: "app netbox",
      fields,
      username: "netbox_ro",
      makeCommand,
    },
    { ref: { vault, item: "smtp" }, wantedBy: "app netbox", fields: ["host"], files: [] },
  ]);
});

test("the operator copies the items of apps with manifests, and a Job logs in with the admin's", () => {
  const copied = (entry: object, secrets: object = {}) => {
    const gitops = { directory: "g", repoURL: "https://git.example.org/g.git" };
    const apps = { wiki: { secrets: { smtp: ["host"] }, ...entry } };
    const written = writeStack(apps, { systemIdentifier: "1" });
    const found = parseStack("prod", { ...written, gitops, secrets });
    const wanted = planItemRequests(found).filter(({ isCopied }) => isCopied === true);
    return wanted.map(({ ref }) => ref.item);
  };
  const own = ["wiki-db-credentials", "smtp"];
  expect(copied({})).toEqual(own);
  expect(copied({ provisioner: "job" })).toEqual(["postgres-admin", ...own]);
  expect(copied({}, { through: "external-secret", store: { name: "s" } })).toEqual([]);
});

test("every role gets the credential of its own item", async () => {
  const items = await readStackItems(spec, makeReader("boss"));
  const roles = spec.apps.flatMap((app) => app.roles);
  expect(items.admin.username).toBe("boss");
  expect(roles.map((role) => items.credential(role).revealPassword())).toEqual([
    "netbox-db-credentials-word",
    "netbox-ro-db-credentials-word",
  ]);
});

test.each([
  [
    "netbox",
    'app netbox: role "netbox" is the admin role\n  fix: set berth:apps.netbox.owner.name',
  ],
  [
    "netbox_ro",
    'app netbox: role "netbox_ro" is the admin role\n  fix: set berth:apps.netbox.roles.ro.name',
  ],
  [
    "reports",
    'app netbox: role "netbox" would be a member of the admin role "reports"\n  fix: remove it from berth:apps.netbox.owner.memberOf',
  ],
])("fails when an app would be given the admin role: %s", async (admin, problem) => {
  await expect(readStackItems(spec, makeReader(admin))).rejects.toThrow(problem);
});

test("an item may name either of two logins, or the owner that an app had before", async () => {
  const twoLogins = makeSpec({ netbox: { owner: { rotation: "two-logins", name: "netbox" } } });
  const read = (username: string): Promise<unknown> =>
    readStackItems(twoLogins, ({ item }) => {
      const fields = { username: item === "postgres-admin" ? "boss" : username, password: "word" };
      return Promise.resolve(itemWith(fields, { vaultId: "v", itemId: item }));
    });
  for (const username of ["netbox_a", "netbox_b", "netbox"]) await read(username);
  await expect(read("other")).rejects.toThrow(
    'its username is "other"; allowed are netbox_a, netbox_b, netbox\n' +
      "    fix: if that role owns the database now, set berth:apps.netbox.owner.name to its name and keep the item; " +
      "for a new app: op item edit netbox-db-credentials --vault Coachlight username=netbox_a",
  );
  const admin = makeSpec({ netbox: { owner: { rotation: "two-logins", logins: ["boss", "x"] } } });
  const item = itemWith({ username: "boss", password: "word" });
  await expect(readStackItems(admin, () => Promise.resolve(item))).rejects.toThrow(
    'app netbox: role "boss" is the admin role\n  fix: set berth:apps.netbox.owner.logins',
  );
});
