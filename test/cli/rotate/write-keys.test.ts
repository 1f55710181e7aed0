import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { writeKeys } from "../../../cli/rotate/write-keys.ts";
import { parseStack } from "../../../components/config/parse.ts";
import { readStackItems } from "../../../components/onepassword/stack-items.ts";
import { readThroughClient } from "../../../components/onepassword/through-client.ts";
import { createSampleVault, makeToken } from "../../../dev/connect/sample-vault.ts";
import { type ConnectServer, startConnect } from "../../../dev/connect/server.ts";
import { VaultStore } from "../../../dev/connect/vault-data.ts";
import { writeStack } from "../../fakes/stack.ts";
import { berth } from "../berth.ts";

const token = makeToken();
let server: ConnectServer;
let store: VaultStore;
let said: string[];

beforeEach(async () => {
  store = new VaultStore([createSampleVault()]);
  server = await startConnect({ store, token });
  said = [];
});

afterEach(async () => {
  await server.close();
});

const access = () => ({ kind: "connect", url: server.url, token }) as const;
function specOf(entry: object) {
  const gitops = { directory: "g", repoURL: "https://git.example.org/g.git" };
  return parseStack("prod", { ...writeStack({ netbox: entry }), gitops });
}

function run(entry: object): Promise<void> {
  const spec = specOf(entry);
  const [app] = spec.apps;
  if (app === undefined) throw new Error("no app");
  const [role] = app.roles;
  const say = (step: string, text: string): void => {
    said.push(`${step}: ${text}`);
  };
  return writeKeys({
    spec,
    app,
    role,
    access: access(),
    say,
    item: "vaults/Coachlight/items/netbox-db-credentials",
  });
}

const entry = { owner: { keys: { DATABASE_URL: "${uri}", DB_HOST: "${host}" } } };

test("what a preview refuses for its keys, it accepts afterwards, with the same password", async () => {
  const read = () => readStackItems(specOf(entry), readThroughClient(access()));
  await expect(read()).rejects.toThrow("missing: DATABASE_URL, DB_HOST");
  const bare = await readStackItems(specOf({}), readThroughClient(access()));
  const role = specOf(entry).apps[0]?.roles[0];
  if (role === undefined) throw new Error("no role");
  const before = bare.credential(role).revealPassword();
  await run(entry);
  expect(said).toEqual([
    "item: vaults/Coachlight/items/netbox-db-credentials has DATABASE_URL, DB_HOST, made from its login",
  ]);
  expect((await read()).credential(role).revealPassword()).toBe(before);
  await run(entry);
  expect(said[1]).toContain("has every key of the Secret");
  expect(server.requests.filter(({ method }) => method === "PUT")).toHaveLength(1);
});

test("an edit whose answer was lost is found in the item", async () => {
  const put = store.putItem.bind(store);
  store.putItem = (item) => {
    put(item);
    throw new Error("the answer is lost");
  };
  await run(entry);
  expect(said).toEqual([expect.stringContaining("has DATABASE_URL, DB_HOST, made from its login")]);
});

test("is refused where no key is a field of the item", async () => {
  await expect(run({})).rejects.toThrow(
    "app netbox: no key of Secret infra-netbox/netbox-db-credentials is a field of",
  );
});

test("a token that may only read is refused with the way that needs no fields", async () => {
  const reading = await startConnect({
    store: new VaultStore([createSampleVault()]),
    token,
    mayWrite: false,
  });
  await server.close();
  server = reading;
  await expect(run(entry)).rejects.toThrow(
    "the token needs write access to the vault; then run the same command again; without write access set berth:apps.netbox.secretsThrough to external-secret, which needs no fields in the item for the keys",
  );
});

test("npm run rotate -- --keys needs neither Pulumi nor a server", async () => {
  const folder = mkdtempSync(path.join(tmpdir(), "berth-rotate-"));
  const file = path.join(folder, "Pulumi.test.yaml");
  const config = {
    "berth:postgres": { endpoint: { direct: { host: "127.0.0.1", port: 1 } } },
    "berth:onepassword": { vault: "Coachlight" },
    "berth:gitops": { directory: "g", repoURL: "https://git.example.org/g.git" },
    "berth:apps": { netbox: entry },
  };
  writeFileSync(file, JSON.stringify({ config }));
  const args = ["rotate", "--stack", "test", "--app", "netbox", "--keys", "--config-file", file];
  const env = { OP_CONNECT_HOST: server.url, OP_CONNECT_TOKEN: token };
  const { exitCode, stderr } = await berth(args, { ...env, PATH: folder });
  rmSync(folder, { recursive: true });
  expect(exitCode, stderr).toBe(0);
  expect(stderr).toContain("netbox-db-credentials has DATABASE_URL, DB_HOST, made from its login");
});
