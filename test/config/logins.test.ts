import { describe, expect, test } from "vitest";
import { findLogin, roleNamesOf } from "../../components/config/logins.ts";
import { findProblems, makeApp, writeStack } from "../fakes/stack.ts";

const find = (entry: unknown) => findProblems(writeStack({ wiki: entry }));
const rotation = "two-logins";

describe("an owner with two logins", () => {
  test("and the logins are named after the app", () => {
    expect(roleNamesOf(makeApp({ owner: { rotation } }, "west-side"))).toEqual([
      "west_side_role",
      "west_side_a",
      "west_side_b",
    ]);
    const logins = ["Blue", "Green"];
    expect(roleNamesOf(makeApp({ owner: { rotation, name: "team", logins } }))).toEqual([
      "team",
      "Blue",
      "Green",
    ]);
    expect(roleNamesOf(makeApp({ owner: { rotation: "in-place" } }))).toEqual(["netbox"]);
  });

  test("is known by the username of its item, its own name included", () => {
    const [owner] = makeApp({ owner: { rotation } }).roles;
    expect(
      ["netbox_a", "netbox_b", "netbox_role", "netbox"].map((n) => findLogin(owner, n)),
    ).toEqual([
      { key: "owner-a", name: "netbox_a" },
      { key: "owner-b", name: "netbox_b" },
      { key: "owner", name: "netbox_role" },
      undefined,
    ]);
    const [plain] = makeApp(null).roles;
    expect(findLogin(plain, "whoever")).toEqual({ key: "owner", name: "netbox" });
  });

  test.each([
    [
      "without rotation",
      { owner: { logins: ["a", "b"] } },
      'berth:apps.wiki.owner: {"logins":["a","b"]} has `logins`, which needs `rotation: two-logins`',
    ],
    [
      "with the registry's resources",
      { owner: { rotation }, provisioner: "postgresql" },
      'berth:apps.wiki.owner.rotation: got "two-logins"; provisioner "postgresql" allows only in-place, because it sets a password on every role and the login that is not in use has none; set berth:apps.wiki.provisioner to berth',
    ],
    [
      "with an adopted verifier",
      { owner: { rotation, scram: "4096:c2FsdHNhbHRzYWx0c2FsdA==" } },
      "berth:apps.wiki.owner.scram: has no effect with rotation two-logins, because the logins get new verifiers; remove it",
    ],
    [
      "with a chart that is given one name",
      {
        owner: { rotation },
        workload: { helm: { repoURL: "x", chart: "x", version: "1", values: { user: "${role}" } } },
      },
      'berth:apps.wiki.workload.helm.values: ${role} is a fixed name, but with rotation two-logins the login\'s name changes; let the chart read it from the Secret, key "username"',
    ],
    [
      "with one name for both",
      { owner: { rotation, logins: ["x", "x"] } },
      'berth:apps.wiki.owner.logins and berth:apps.wiki.owner.logins: the role "x" is used 2 times; each needs a name of its own',
    ],
    [
      "with a login that is reserved",
      { owner: { rotation, logins: ["paperless", "x"] } },
      'berth:apps.wiki.owner.logins: "paperless" is reserved (berth:postgres.reserved); rename the app or set this key',
    ],
    [
      "with a role whose name is a login's",
      { owner: { rotation }, roles: { a: { profile: "readonly" } } },
      'berth:apps.wiki.owner.logins and berth:apps.wiki.roles.a.name: the role "wiki_a" is used 2 times; each needs a name of its own',
    ],
  ])("fails %s", (_, entry, problem) => {
    expect(find(entry)).toEqual([problem]);
  });

  test.each(["owner-a", "owner-b"])("leaves no further role the key %s", (key) => {
    expect(find({ roles: { [key]: { profile: "readonly" } } })).toEqual([
      `berth:apps.wiki.roles.${key}: the name "${key}" is reserved for the logins of the app's owner`,
    ]);
  });

  test("lets a chart have the text ${role} itself", () => {
    const helm = { repoURL: "x", chart: "x", version: "1", values: { user: "$${role}" } };
    expect(find({ owner: { rotation }, workload: { helm } })).toEqual([]);
  });
});
