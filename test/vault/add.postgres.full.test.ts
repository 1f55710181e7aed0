import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createSampleVault, makeToken } from "../../dev/connect/sample-vault.ts";
import { type ConnectServer, startConnect } from "../../dev/connect/server.ts";
import { VaultStore } from "../../dev/connect/vault-data.ts";
import { runAdd } from "../cli/add/run.ts";
import { config, useVerbsBed, type VerbsBed } from "./verbs-bed.ts";

/** Values that `add` makes in a real Vault. */

let bed: VerbsBed;

useVerbsBed((opened) => {
  bed = opened;
});

const stackFile = () => path.join(bed.folder, "Pulumi.test.yaml");
const token = makeToken();
let connect: ConnectServer;

beforeEach(async () => {
  connect = await startConnect({ store: new VaultStore([createSampleVault()]), token });
  const postgres = {
    endpoint: { direct: { host: "127.0.0.1", port: bed.postgres.superuser.port } },
  };
  const apps = { wiki: { secrets: { "wiki-config": config } } };
  const sections = {
    "berth:postgres": postgres,
    "berth:onepassword": { vault: "Coachlight" },
    "berth:secrets": { vault: { address: bed.vault.address } },
    "berth:apps": apps,
  };
  writeFileSync(stackFile(), JSON.stringify({ config: sections }));
});

afterEach(async () => {
  await connect.close();
  await bed.ask("DELETE", "kvv2/metadata/wiki/config");
});

async function add(): Promise<string> {
  vi.stubEnv("OP_CONNECT_HOST", connect.url);
  vi.stubEnv("OP_CONNECT_TOKEN", token);
  const { stdout, stderr } = await runAdd({ file: stackFile(), app: "wiki" });
  return stdout + stderr;
}

/** The values as Vault sends them. */
async function values(): Promise<{
  text: string;
  data: Record<string, unknown>;
  version: number;
}> {
  const answer = await fetch(`${bed.vault.address}/v1/kvv2/data/wiki/config`, {
    headers: { "x-vault-token": bed.vault.rootToken },
  });
  const text = await answer.text();
  const { data } = JSON.parse(text) as {
    data: { data: Record<string, unknown>; metadata: { version: number } };
  };
  return { text, data: data.data, version: data.metadata.version };
}

it("makes the values once, and shows none", async () => {
  const output = await add();
  const { data, version } = await values();
  expect(version).toBe(1);
  expect(data["KEY"]).toMatch(/^[A-Za-z0-9]{40}$/);
  expect(data["SALT"]).toMatch(/^[0-9a-f]{64}$/);
  for (const value of Object.values(data)) expect(output).not.toContain(value);
  expect(await add()).toContain("nothing was changed");
  expect(await values()).toMatchObject({ data, version: 1 });
});

it("adds what is missing, and keeps the rest as it is", async () => {
  const body = '{"data":{"KEY":"mine","n":12.5,"on":true,"deep":{"SALT":null}}}';
  await fetch(`${bed.vault.address}/v1/kvv2/data/wiki/config`, {
    method: "POST",
    headers: { "x-vault-token": bed.vault.rootToken },
    body,
  });
  expect(await add()).toContain("key KEY: is there");
  const { text, data, version } = await values();
  expect(version).toBe(2);
  expect(data["KEY"]).toBe("mine");
  expect(data["SALT"]).toMatch(/^[0-9a-f]{64}$/);
  expect(text).toContain('"deep":{"SALT":null},"n":12.5,"on":true}');
});

it("refuses what was deleted, until it is there again", async () => {
  await add();
  const { data, version } = await values();
  await bed.ask("DELETE", "kvv2/data/wiki/config");
  const refused = await add();
  expect(refused).toContain("was deleted, or somebody made it at this moment");
  const command = /vault kv undelete -mount=(\S+) -versions=N (\S+) first/.exec(refused) ?? [];
  await bed.ask("POST", `${command[1] ?? ""}/undelete/${command[2] ?? ""}`, { versions: [1] });
  expect(await add()).toContain("nothing was changed");
  expect(await values()).toMatchObject({ data, version });
});

it("writes with the policy of the app's pipeline", async () => {
  vi.stubEnv("VAULT_TOKEN", await bed.tokenOf("wiki-ops"));
  expect(await add()).toContain("key KEY: made");
  await bed.ask("POST", "kvv2/data/wiki/config", { data: { KEY: "mine" } });
  expect(await add()).toContain("key SALT: made");
  expect((await values()).data).toMatchObject({
    KEY: "mine",
    SALT: expect.any(String) as string,
  });
});

it("writes nothing into an engine of version 1, and nothing while Vault is sealed", async () => {
  await bed.ask("POST", "sys/mounts/kvv1", { type: "kv", options: { version: "1" } });
  const text = readFileSync(stackFile(), "utf8");
  writeFileSync(stackFile(), text.replace('"from":"vault"', '"from":"vault","mount":"kvv1"'));
  const refused = await add();
  expect(refused).toContain("the mount kvv1 in Vault is no KV engine of version 2");
  expect(await bed.ask("LIST", "kvv1")).not.toHaveProperty("data");
  const [, mount = ""] = /fix: vault kv enable-versioning (\w+)/.exec(refused) ?? [];
  await bed.ask("POST", `sys/mounts/${mount}/tune`, { options: { version: "2" } });
  await expect.poll(add).toContain("key KEY: made");
  writeFileSync(stackFile(), text);
  expect(await bed.whileSealed(add)).toMatch(/is sealed.*\n {2}fix: vault operator unseal/);
});
