import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { readThroughClient } from "../../../components/onepassword/through-client.ts";
import { writeThroughClient } from "../../../components/onepassword/write/write-login.ts";
import { createItem } from "../../../dev/connect/item-edits.ts";
import { createSampleVault, makeToken } from "../../../dev/connect/sample-vault.ts";
import { type ConnectServer, startConnect } from "../../../dev/connect/server.ts";
import { VaultStore } from "../../../dev/connect/vault-data.ts";
import { useFolder } from "../../fakes/folder.ts";

const netbox = { vault: "Coachlight", item: "netbox-db-credentials" };

describe("through Connect", () => {
  const token = makeToken();
  let server: ConnectServer;

  beforeEach(async () => {
    server = await startConnect({ store: new VaultStore([createSampleVault()]), token });
  });

  afterEach(async () => {
    await server.close();
  });

  const access = () => ({ kind: "connect", url: server.url, token }) as const;
  const read = (item: string) => readThroughClient(access())({ ...netbox, item });

  test("the password changes, and every other field stays", async () => {
    const item = "netbox-superuser";
    const before = await read(item);
    await writeThroughClient(access())({ ...netbox, item }, { password: "given-word" });
    const after = await read(item);
    expect(after.revealField("password")).toBe("given-word");
    expect(after.labels).toEqual(before.labels);
    for (const label of before.labels.filter((one) => one !== "password")) {
      expect(after.revealField(label)).toBe(before.revealField(label));
    }
  });

  test.each([["/v1/vaults"], ["/items"], ["/items/"]])(
    "an answer of %s that is cut off is asked for again, and not read as something else",
    async (at) => {
      server.faults.play({ kind: "truncated", times: 1, path: at });
      await writeThroughClient(access())(netbox, { password: "given-word" });
      expect((await read(netbox.item)).revealField("password")).toBe("given-word");
      expect(server.requests.filter(({ method }) => method === "PUT")).toHaveLength(1);
    },
  );

  test("an item whose title two have is not written", async () => {
    const title = netbox.item;
    const vault = createSampleVault();
    const twin = createItem({ title, category: "LOGIN", sections: [], fields: [] }, vault.id);
    const store = new VaultStore([{ ...vault, items: [...vault.items, twin] }]);
    const other = await startConnect({ store, token });
    const write = writeThroughClient({ ...access(), url: other.url });
    await expect(write(netbox, { password: "given-word" })).rejects.toMatchObject({
      failure: "several items",
    });
    expect(other.requests.filter(({ method }) => method !== "GET")).toEqual([]);
    await other.close();
  });

  test("the username changes in the same write", async () => {
    await writeThroughClient(access())(netbox, { username: "netbox_b", password: "given-word" });
    expect((await read(netbox.item)).revealField("username")).toBe("netbox_b");
    expect(server.requests.filter(({ method }) => method !== "GET")).toHaveLength(1);
  });

  test("fields that repeat the login change with it, and none that cannot is left behind", async () => {
    const old = { username: "wiki", password: "an-old/password" };
    const withField = (value: string) => {
      const title = "wiki";
      const fields = [
        { id: "u", label: "username", purpose: "USERNAME" as const, value: old.username },
        { id: "p", label: "password", purpose: "PASSWORD" as const, value: old.password },
        { id: "x", label: "uri", value },
      ];
      return createItem({ title, category: "LOGIN", sections: [], fields }, vault.id);
    };
    const vault = createSampleVault();
    const write = async (value: string) => {
      const store = new VaultStore([{ ...vault, items: [withField(value)] }]);
      const other = await startConnect({ store, token });
      const way = { kind: "connect", url: other.url, token } as const;
      const ref = { vault: "Coachlight", item: "wiki" };
      try {
        await writeThroughClient(way)(ref, { password: "new-word" });
      } finally {
        const found = await readThroughClient(way)(ref);
        await other.close();
        expect(found.revealField("password")).toBe(
          value.includes("://") ? "new-word" : old.password,
        );
        expect(found.revealField("uri")?.replace("new-word", "‹new›")).toBe(
          value.includes("://") ? "postgres://wiki:‹new›@db/wiki" : value,
        );
      }
    };
    await write("postgres://wiki:an-old%2Fpassword@db/wiki");
    await expect(write("it is an-old/password")).rejects.toThrow(
      'its field "uri" holds the password as well, in a form that is not a URL',
    );
  });

  test("a wrong token is reported as such, and nothing is written", async () => {
    const wrong = { ...access(), token: makeToken() };
    await expect(writeThroughClient(wrong)(netbox, { password: "word" })).rejects.toMatchObject({
      name: "ItemReadError",
      failure: "unauthorized",
    });
  });

  test("an item that is not there is reported as such", async () => {
    await expect(
      writeThroughClient(access())({ ...netbox, item: "nothing" }, { password: "word" }),
    ).rejects.toMatchObject({ failure: "missing item" });
  });
});

describe("through op", () => {
  const folder = useFolder("op");

  afterEach(() => {
    vi.unstubAllEnvs();
  });

  test("the new password goes through a pipe, with the rest of the item as it is", async () => {
    const seen = join(folder, "all");
    const item = {
      id: "i",
      title: "netbox",
      fields: [
        { id: "username", purpose: "USERNAME", label: "username", value: "netbox_a" },
        { id: "password", purpose: "PASSWORD", label: "password", value: "old" },
        { id: "x", label: "host", value: "db" },
      ],
    };
    const op = join(folder, "op");
    const script = `#!/bin/sh
echo "$@" >> ${seen}
if [ "$2" = get ]; then echo '${JSON.stringify(item)}'; else cat > ${seen}-input; fi
`;
    writeFileSync(op, script);
    chmodSync(op, 0o755);
    vi.stubEnv("PATH", `${folder}:${process.env["PATH"] ?? ""}`);
    const write = writeThroughClient({ kind: "account", account: "example.1password.com" });
    await write(netbox, { username: "netbox_b", password: "new-and-given" });
    expect(readFileSync(seen, "utf8").trim().split("\n")).toEqual([
      "item get netbox-db-credentials --format json --vault Coachlight",
      "item edit netbox-db-credentials --vault Coachlight",
    ]);
    const written = JSON.parse(readFileSync(`${seen}-input`, "utf8")) as typeof item;
    expect(written.fields.map(({ value }) => value)).toEqual(["netbox_b", "new-and-given", "db"]);
    expect({ ...written, fields: [] }).toEqual({ ...item, fields: [] });
  });

  test("without op, the error names it", async () => {
    vi.stubEnv("PATH", folder.replace("berth-op-", "nowhere-"));
    const write = writeThroughClient({ kind: "account", account: "example.1password.com" });
    await expect(write(netbox, { password: "word" })).rejects.toThrow("op is not on PATH");
  });
});
