import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createSampleVault, makeToken } from "../../../dev/connect/sample-vault.ts";
import { type ConnectServer, startConnect } from "../../../dev/connect/server.ts";
import { VaultStore } from "../../../dev/connect/vault-data.ts";
import { useFolder } from "../../fakes/folder.ts";
import { FakeVault, type VaultAnswers } from "../../vault/fake-vault.ts";
import { runAdd } from "./run.ts";

/** Values that `add` generates in Vault, by the answers of Vault. `vault/add.postgres.full.test.ts` asks a real one. */

const folder = useFolder("add-values");
const file = path.join(folder, "Pulumi.test.yaml");
const token = makeToken();
const vaultToken = "canary-token-of-this-test";
const written = `config:
  berth:postgres: { endpoint: { direct: { host: db.example, port: 5432 } } }
  berth:onepassword: { vault: Coachlight }
  berth:secrets: { vault: { connection: tools/default } }
  berth:apps:
    wiki:
      secrets:
        wiki-config: { from: vault, generate: { KEY: { length: 64 }, SALT: { bytes: 32, encoding: base64 } } }
        wiki-geoip: { from: vault, fields: [LICENSE_KEY] }
`;
const mounted = {
  body: { data: { type: "kv", path: "kvv2/", options: { version: "2" } } },
};

let answers: VaultAnswers;
let vault: FakeVault;
let store: VaultStore;
let connect: ConnectServer;

beforeEach(async () => {
  answers = { "GET sys/internal/ui/mounts/kvv2/wiki/config": mounted };
  vault = await FakeVault.answering(answers);
  store = new VaultStore([createSampleVault()]);
  connect = await startConnect({ store, token });
  writeFileSync(file, written);
});

afterEach(async () => {
  await vault.close();
  await connect.close();
});

async function add(env: Readonly<Record<string, string>> = {}, json = false) {
  const onepassword = { OP_CONNECT_HOST: connect.url, OP_CONNECT_TOKEN: token };
  const variables = { ...onepassword, VAULT_ADDR: vault.address, VAULT_TOKEN: vaultToken, ...env };
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
  const { stdout, stderr } = await runAdd({ file, app: "wiki", json });
  vi.unstubAllEnvs();
  const output = stdout + stderr;
  expect(output).not.toContain(vaultToken);
  return output;
}

/** What was written to Vault: method and path, options and values. */
function writes() {
  return vault.writes.map(({ method, path: at, body }) => {
    const { options, data } = body as { options: unknown; data: Record<string, string> };
    return { to: `${method} ${at}`, options, data };
  });
}

const itemsMade = () => connect.requests.filter(({ method }) => method !== "GET").length;

/** The secret has these keys. */
function fill(...keys: readonly string[]): void {
  const subkeys = Object.fromEntries(keys.map((key) => [key, null]));
  answers["GET kvv2/subkeys/wiki/config"] = {
    body: { data: { subkeys, metadata: { version: 4 } } },
  };
}

test("a secret that is not there gets all its values, only if it is still not there", async () => {
  answers["POST kvv2/data/wiki/config"] = { body: { data: { version: 1 } } };
  const output = await add();
  const [made, ...others] = writes();
  expect(others).toEqual([]);
  expect(made).toMatchObject({ to: "POST kvv2/data/wiki/config", options: { cas: 0 } });
  const { KEY = "", SALT = "" } = made?.data ?? {};
  expect(KEY).toMatch(/^[A-Za-z0-9]{64}$/);
  expect(Buffer.from(SALT, "base64")).toHaveLength(32);
  expect(output).toContain("value  kvv2/wiki/config in Vault, key KEY: made, with a new value\n");
  for (const value of [KEY, SALT]) {
    expect(output + readFileSync(file, "utf8")).not.toContain(value);
  }
});

test("one with a part of them gets the others, and no value is read", async () => {
  fill("KEY", "OWN");
  answers["PATCH kvv2/data/wiki/config"] = { body: { data: { version: 5 } } };
  const output = await add({}, true);
  expect(JSON.parse(output)).toMatchObject({
    values: [
      { secret: "kvv2/wiki/config", key: "KEY", state: "there" },
      { secret: "kvv2/wiki/config", key: "SALT", state: "made" },
    ],
  });
  const [made] = writes();
  expect(made).toMatchObject({ to: "PATCH kvv2/data/wiki/config", options: { cas: 4 } });
  expect(Object.keys(made?.data ?? {})).toEqual(["SALT"]);
  expect(vault.requests.join("\n")).not.toContain("GET kvv2/data");
});

test("one with all of them is left alone", async () => {
  fill("KEY", "SALT");
  await add();
  const before = itemsMade();
  expect(await add()).toContain("key SALT: is there\n");
  expect(await add()).toContain("nothing was changed\n");
  expect(writes()).toEqual([]);
  expect(itemsMade()).toBe(before);
});

describe("nothing is made in 1Password either", () => {
  test.each<
    readonly [
      where: string,
      arrange: () => Readonly<Record<string, string>> | undefined,
      says: RegExp,
    ]
  >([
    ["without a token", () => ({ VAULT_TOKEN: "" }), /VAULT_TOKEN is not set\n {2}fix: /],
    ["without an address", () => ({ VAULT_ADDR: "" }), /address\n {2}fix: .*VAULT_ADDR/],
    [
      "where the mount is of version 1",
      () => {
        const data = { type: "kv", options: { version: "1" } };
        answers["GET sys/internal/ui/mounts/kvv2/wiki/config"] = { body: { data } };
        return undefined;
      },
      /app wiki: the mount kvv2 in Vault is no KV engine of version 2, .*\n {2}fix: vault kv enable-versioning kvv2/,
    ],
    [
      "where the token may not read the keys",
      () => {
        answers["GET kvv2/subkeys/wiki/config"] = {
          status: 403,
          body: { errors: ["permission denied"] },
        };
        return undefined;
      },
      /may not read kvv2\/subkeys\/wiki\/config.*\n {2}fix: /,
    ],
  ])("%s", async (_, arrange, says) => {
    expect(await add(arrange())).toMatch(says);
    expect(writes()).toEqual([]);
    expect(itemsMade()).toBe(0);
  });
});

describe("nothing is overwritten", () => {
  const refused = {
    status: 400,
    body: { errors: ["check-and-set parameter did not match the current version"] },
  };

  test("that somebody made at the same moment, or that was deleted", async () => {
    answers["POST kvv2/data/wiki/config"] = refused;
    expect(await add()).toContain(
      "app wiki: kvv2/wiki/config in Vault was deleted, or somebody made it at this moment; nothing in it was changed, and the stack file is as it was\n  fix: run the same command again; if it was deleted: vault kv undelete -mount=kvv2 -versions=N wiki/config first",
    );
    expect(readFileSync(file, "utf8")).toBe(written);
  });

  test("that somebody changed at the same moment", async () => {
    fill("KEY");
    answers["PATCH kvv2/data/wiki/config"] = refused;
    expect(await add()).toMatch(
      /was changed by somebody at this moment; .*\n {2}fix: run the same command again$/,
    );
    fill("KEY", "SALT");
    expect(await add()).toContain("key SALT: is there");
  });

  test("with a token that may not write, and the next run goes on", async () => {
    answers["POST kvv2/data/wiki/config"] = {
      status: 403,
      body: { errors: ["permission denied"] },
    };
    expect(await add()).toMatch(/then run the same command again: it goes on from here$/);
    const items = itemsMade();
    answers["POST kvv2/data/wiki/config"] = { body: { data: { version: 1 } } };
    expect(await add()).toContain("key KEY: made");
    expect(itemsMade()).toBe(items);
  });
});
