import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { readThroughClient } from "../../components/onepassword/through-client.ts";
import { writeThroughClient } from "../../components/onepassword/write-login.ts";
import { createSampleVault, makeToken } from "../../dev/connect/sample-vault.ts";
import { type ConnectServer, startConnect } from "../../dev/connect/server.ts";
import { VaultStore } from "../../dev/connect/vault-data.ts";

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

  test("the password is new each time, and every other field stays", async () => {
    const item = "netbox-superuser";
    const before = await read(item);
    await writeThroughClient(access())({ ...netbox, item }, {});
    const between = await read(item);
    await writeThroughClient(access())({ ...netbox, item }, {});
    const after = await read(item);
    const passwords = [before, between, after].map((found) => found.revealField("password"));
    expect(new Set(passwords).size).toBe(3);
    expect(passwords[2]).toMatch(/^[A-Za-z0-9]{32}$/);
    expect(after.labels).toEqual(before.labels);
    for (const label of before.labels.filter((one) => one !== "password")) {
      expect(after.revealField(label)).toBe(before.revealField(label));
    }
  });

  test("the username changes in the same write", async () => {
    await writeThroughClient(access())(netbox, { username: "netbox_b" });
    expect((await read(netbox.item)).revealField("username")).toBe("netbox_b");
    expect(server.requests.filter(({ method }) => method !== "GET")).toHaveLength(1);
  });

  test("a password may be given", async () => {
    await writeThroughClient(access())(netbox, { username: "netbox_b", password: "given-word" });
    expect((await read(netbox.item)).revealField("password")).toBe("given-word");
  });

  test("a wrong token is reported as such, and nothing is written", async () => {
    const wrong = { ...access(), token: makeToken() };
    await expect(writeThroughClient(wrong)(netbox, {})).rejects.toMatchObject({
      name: "ItemReadError",
      failure: "unauthorized",
    });
  });

  test("an item that is not there is reported as such", async () => {
    await expect(
      writeThroughClient(access())({ ...netbox, item: "nothing" }, {}),
    ).rejects.toMatchObject({ failure: "missing item" });
  });
});

describe("through op", () => {
  const folder = mkdtempSync(join(tmpdir(), "berth-op-"));

  afterEach(() => {
    vi.unstubAllEnvs();
  });

  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  test("op makes the password, so that none is an argument", async () => {
    const seen = join(folder, "seen");
    const op = join(folder, "op");
    writeFileSync(op, `#!/bin/sh\nprintf '%s\\n' "$@" > ${seen}\n`);
    chmodSync(op, 0o755);
    vi.stubEnv("PATH", `${folder}:${process.env["PATH"] ?? ""}`);
    const write = writeThroughClient({ kind: "account", account: "example.1password.com" });
    await write(netbox, { username: "netbox_b" });
    expect(readFileSync(seen, "utf8").trim().split("\n")).toEqual([
      "item",
      "edit",
      "netbox-db-credentials",
      "--generate-password=letters,digits,32",
      "username=netbox_b",
      "--vault",
      "Coachlight",
    ]);
  });

  test("a password that is given goes through a pipe, with the rest of the item as it is", async () => {
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
    await expect(write(netbox, {})).rejects.toThrow("op is not on PATH");
  });
});
