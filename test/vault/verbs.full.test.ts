import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { rootCertificates } from "node:tls";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { add as addVerb } from "../../cli/add/verb.ts";
import { Report } from "../../cli/doctor/report.ts";
import { checkVault } from "../../cli/doctor/vault.ts";
import type { World } from "../../cli/doctor/world.ts";
import { describeFailure } from "../../cli/terminal/describe-failure.ts";
import { findLeaseSource } from "../../cli/verify/lease.ts";
import { type Verdict, verifyStack } from "../../cli/verify/verb.ts";
import type { StackSpec } from "../../components/config/spec.ts";
import { Credential } from "../../components/onepassword/credential.ts";
import { toState } from "../../components/postgres/plan/app-state.ts";
import { planDatabase } from "../../components/postgres/plan/plan.ts";
import { createVaultClient } from "../../components/vault/client.ts";
import { toData, type VaultObject } from "../../components/vault/objects.ts";
import { planVault } from "../../components/vault/plan.ts";
import { createSampleVault, makeToken } from "../../dev/connect/sample-vault.ts";
import { type ConnectServer, startConnect } from "../../dev/connect/server.ts";
import { VaultStore } from "../../dev/connect/vault-data.ts";
import { askVault } from "../../dev/vault/request.ts";
import { type RunningVault, removeVault, sealVault, startVault } from "../../dev/vault/server.ts";
import { toProperties } from "../../provider/app-database/inputs.ts";
import { ensureVaultServer } from "../../toolchain/cluster.ts";
import { none } from "../cli/add/none.ts";
import { hasPgbouncer, type Pgbouncer, startPgbouncer } from "../cli/rotate/pgbouncer.ts";
import { makeSpec } from "../fakes/stack.ts";
import { DatabaseBed, ownershipRole } from "../provider/app-database/bed.ts";

/** What the verbs do with a real Vault, which makes logins to a real Postgres. */

const editor = { name: "vault_logins", password: "editor-of-this-test" };
const folder = mkdtempSync(path.join(tmpdir(), "berth-vault-verbs-"));
const caFile = path.join(folder, "kubernetes-ca.pem");
const stackFile = path.join(folder, "Pulumi.test.yaml");
const config = {
  from: "vault",
  generate: { KEY: { length: 40 }, SALT: { bytes: 32, encoding: "hex" } },
};
const wiki = { credentials: "vault", vault: { restart: [] }, secrets: { "wiki-config": config } };

let vault: RunningVault;
let bed: DatabaseBed;
let spec: StackSpec;

function toSpec(port: number, more: object = {}): StackSpec {
  const manage = {
    kubernetes: { caFile },
    database: { user: editor.name, host: "127.0.0.1", port },
    ci: {
      mount: "ci_jwt",
      publicKeys: [
        "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----\n",
      ],
      audience: "pipelines",
    },
    operator: {},
    ...more,
  };
  return makeSpec(
    { wiki },
    {
      endpoint: { direct: { host: "127.0.0.1", port: bed.superuser.port } },
      tls: { mode: "disable" },
      systemIdentifier: bed.systemIdentifier,
    },
    "prod",
    { secrets: { vault: { address: vault.address, manage } } },
  );
}

const read = (file: string): string => readFileSync(file, "utf8");

/** As the script of `plan --vault` does. */
async function write(objects: readonly VaultObject[]): Promise<void> {
  const { address, rootToken: token } = vault;
  const client = createVaultClient({ address, token, namespace: undefined, caFile: undefined });
  for (const object of objects) {
    const password = object.kind === "connection" ? { password: editor.password } : {};
    await client.write(object.path, { ...toData(object, read), ...password });
  }
}

const find = (path_: string) => planVault(spec).filter(({ path: one }) => one === path_);

async function ask(
  method: "GET" | "LIST" | "POST" | "DELETE",
  at: string,
  body?: unknown,
  token = vault.rootToken,
) {
  const answer = await askVault(vault.address, { method, path: at, token, body });
  expect(answer.status, `${method} ${at}: ${JSON.stringify(answer.body)}`).toBeLessThan(405);
  return answer.body as { data?: Record<string, unknown>; auth?: { client_token: string } };
}

/** A token that may do no more than this policy. */
async function tokenWith(policy: string): Promise<string> {
  const name = `of-this-test-${String(Math.random()).slice(2)}`;
  await ask("POST", `sys/policies/acl/${name}`, { policy });
  return await tokenOf(name);
}

async function tokenOf(policy: string): Promise<string> {
  const { auth } = await ask("POST", "auth/token/create", { policies: [policy] });
  return auth?.client_token ?? "";
}

const leases = async (): Promise<readonly unknown[]> => {
  const { data } = await ask("LIST", "sys/leases/lookup/postgres/creds/wiki");
  return (data?.["keys"] ?? []) as readonly unknown[];
};
const logins = () => bed.sql("select rolname from pg_roles where rolname ~ '^(v-|berth_verify)'");

beforeAll(async () => {
  const program = await ensureVaultServer((line) => {
    process.stderr.write(`${line}\n`);
  });
  vault = await startVault({ home: path.join(folder, "vault"), program, owner: process.pid });
  writeFileSync(caFile, `${rootCertificates[0] ?? ""}\n`);
  bed = await DatabaseBed.open();
  spec = toSpec(bed.superuser.port);
  const [app] = spec.apps;
  if (app === undefined) throw new Error("the stack has no app");
  const state = toState(planDatabase(app, spec.postgres), ownershipRole, app.reclaimPolicy);
  await bed.up({ ...toProperties(state), verifiers: {} });
  await bed.sql(`create role ${editor.name} login createrole password '${editor.password}'`);
  const { PGUSER: name, PGPASSWORD: password } = bed.adminEnvironment;
  const grant = `grant wiki_role to ${editor.name} with admin option`;
  await bed.sqlWith({ name, password }, "postgres", grant);
  await write(planVault(spec));
}, 3_600_000);

beforeEach(() => {
  vi.stubEnv("VAULT_ADDR", vault.address);
  vi.stubEnv("VAULT_TOKEN", vault.rootToken);
});

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

afterAll(async () => {
  await removeVault(vault.home);
  await bed.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Seals Vault as a restart of its node does, and opens it again. */
async function whileSealed<T>(use: () => Promise<T>): Promise<T> {
  await sealVault(vault);
  try {
    return await use();
  } finally {
    const program = await ensureVaultServer(() => undefined);
    await startVault({ home: vault.home, program });
  }
}

describe("doctor", () => {
  async function look(env: Readonly<Record<string, string>> = {}): Promise<readonly string[]> {
    const report = new Report();
    await checkVault(report, { env: { ...process.env, ...env } } as unknown as World, {
      value: spec,
    });
    return report.findings.map(
      ({ name, status, detail, fix }) =>
        `${status} ${name}: ${detail}${fix === undefined ? "" : ` (${fix})`}`,
    );
  }

  it("finds what was made to be as planned", async () => {
    await ask("POST", "kvv2/data/wiki/config", { data: { KEY: "one", SALT: "two" } });
    const lines = await look();
    expect(lines.filter((line) => !line.startsWith("ok "))).toEqual([]);
    expect(lines).toContain("ok leases: wiki 0");
    expect(lines).toContain("ok sealed: no");
    await ask("DELETE", "kvv2/metadata/wiki/config");
  });

  it.each([
    [
      "auth/kubernetes/role/wiki",
      { bound_service_account_names: "*" },
      'roles: auth/kubernetes/role/wiki: bound_service_account_names is ["*"], not ["wiki"]',
    ],
    [
      "postgres/roles/wiki",
      { creation_statements: ['CREATE ROLE "{{name}}" SUPERUSER'] },
      "roles: postgres/roles/wiki: creation_statements is another",
    ],
    [
      "sys/policies/acl/wiki",
      { policy: 'path "*" { capabilities = ["read"] }' },
      "policies: sys/policies/acl/wiki: policy is another",
    ],
    [
      "postgres/config/wiki",
      { allowed_roles: "*" },
      'connections: postgres/config/wiki: allowed_roles is ["*"], not ["wiki"]',
    ],
    [
      "identity/group/name/wiki-ops",
      { policies: "wiki-ops,root-of-this-test" },
      "policies: identity/group/name/wiki-ops: policies is",
    ],
  ])("sees that somebody changed %s", async (at, change, says) => {
    const { data } = await ask("GET", at);
    // Vault replaces a whole role, and keeps what it is not given of a connection.
    await ask("POST", at, at.startsWith("postgres/config") ? change : { ...data, ...change });
    const lines = await look();
    expect(lines.filter((line) => line.startsWith(`warning ${says}`))).toHaveLength(1);
    await write(find(at));
    expect((await look()).filter((line) => /^(?:warning|failed) (?!values)/.test(line))).toEqual(
      [],
    );
  });

  it("says what comes with pulumi up, and what a token may not read", async () => {
    await ask("DELETE", "sys/policies/acl/wiki-ops");
    const lines = await look();
    expect(lines.join("\n")).toMatch(/^ok policies: 3 of 4 are there; pulumi up makes the rest$/m);
    await write(find("sys/policies/acl/wiki-ops"));
    const few = await look({ VAULT_TOKEN: await tokenOf("wiki-ops") });
    expect(few.join("\n")).toMatch(/^warning mounts: the token may not read sys\/mounts\/kvv2/m);
    expect(few.join("\n")).toMatch(/^skipped leases: because the token may not list/m);
    expect(few).toContain("ok token: valid, with the policies default, wiki-ops");
    const fake = await look({ VAULT_TOKEN: "hvs.not-a-token-of-this-vault" });
    expect(fake.join("\n")).toMatch(/^failed token: .*VAULT_TOKEN/m);
  });

  it("says that it is sealed, and that it does not answer", async () => {
    const sealed = await whileSealed(() => look());
    expect(sealed[1]).toMatch(
      /^failed sealed: Vault is sealed: .* 0 of the 1 key shares .*\(vault operator unseal, 1 times/,
    );
    expect(sealed.slice(2).every((line) => line.startsWith("skipped "))).toBe(true);
    expect((await look()).slice(0, 2).map((line) => line.split(":")[0])).toEqual([
      "ok reachable",
      "ok sealed",
    ]);
  });
});

describe("verify", () => {
  const verify = async (given = spec): Promise<Verdict> => {
    const { PGUSER, PGPASSWORD } = bed.adminEnvironment;
    const admin = new Credential(PGUSER, PGPASSWORD);
    const items = { admin, credential: () => admin };
    const source = await findLeaseSource(given, given.apps);
    return await verifyStack(given, { ...items, leases: source }, () => undefined);
  };
  const checksOf = ({ apps }: Verdict) => apps.flatMap(({ checks }) => checks);
  const failed = (verdict: Verdict) => checksOf(verdict).filter(({ ok }) => !ok);

  afterEach(async () => {
    await ask("POST", "sys/leases/revoke-prefix/postgres/creds/wiki", { sync: true });
    expect(await logins()).toEqual([]);
  });

  it("proves all with a login that Vault makes, and ends its lease", async () => {
    const verdict = await verify();
    expect(failed(verdict)).toEqual([]);
    const [first] = checksOf(verdict);
    expect(first?.name).toBe(
      "wiki_role: Vault makes a login of it at postgres/creds/wiki, and drops it",
    );
    expect(first?.detail).toMatch(/^v-.* was made and dropped$/);
    const names = checksOf(verdict)
      .map(({ name }) => name)
      .join("\n");
    expect(names).toMatch(/^v-.*: runs as wiki_role$/m);
    expect(names).toContain("wiki: everything belongs to wiki_role");
    expect(await leases()).toEqual([]);
    expect(await logins()).toEqual([]);
  });

  it("ends the lease when a check finds a fault", async () => {
    await ask("POST", "postgres/roles/wiki", {
      ...(await ask("GET", "postgres/roles/wiki")).data,
      creation_statements: [
        `CREATE ROLE "{{name}}" LOGIN PASSWORD '{{password}}' VALID UNTIL '{{expiration}}'`,
        `GRANT wiki_role TO "{{name}}"`,
      ],
    });
    const verdict = await verify();
    await write(find("postgres/roles/wiki"));
    expect(
      failed(verdict)
        .map(({ name }) => name)
        .join("\n"),
    ).toMatch(/^v-.*: runs as wiki_role$/m);
    expect(await leases()).toEqual([]);
    expect(await logins()).toEqual([]);
  });

  it("ends the lease when it is stopped in the middle", async () => {
    await bed.sql(
      `create function wait() returns event_trigger language plpgsql as 'begin perform pg_sleep(120); end';
       create event trigger wait on ddl_command_start when tag in ('CREATE TABLE') execute function wait()`,
      "wiki",
    );
    const kill = vi.spyOn(process, "kill").mockReturnValue(true);
    const running = verify();
    const waiting = "select from pg_stat_activity where wait_event = 'PgSleep'";
    await expect.poll(() => bed.sql(waiting), { timeout: 60_000 }).toHaveLength(1);
    expect(await leases()).toHaveLength(1);
    process.emit("SIGHUP");
    await expect
      .poll(() => kill.mock.calls, { timeout: 60_000 })
      .toEqual([[process.pid, "SIGHUP"]]);
    expect(await leases()).toEqual([]);
    expect(await logins()).toEqual([]);
    expect((await running).ok).toBe(false);
    await bed.sql("drop event trigger wait; drop function wait()", "wiki");
  });

  it.each([
    ["may not read the login", "", /the token may not read postgres\/creds\/wiki/],
    [
      "may not end its lease",
      'path "postgres/creds/wiki" { capabilities = ["read"] }',
      /the token may not write sys\/leases\/revoke/,
    ],
  ])("says that its token %s, and what the policy needs", async (_, policy, says) => {
    const rule = `path "auth/token/lookup-self" { capabilities = ["read"] }\n${policy}`;
    vi.stubEnv("VAULT_TOKEN", await tokenWith(rule));
    const verdict = await verify();
    const [first, ...others] = failed(verdict);
    expect(first?.detail).toMatch(says);
    expect(first?.fix).toMatch(/^add to a policy of the token: path "\S+" \{ capabilities = /);
    expect(others).toEqual([]);
    expect(
      checksOf(verdict)
        .map(({ name }) => name)
        .join("\n"),
    ).toContain(": runs as wiki_role");
  });

  it("tries a login of its own where Vault is sealed, and fails", async () => {
    const verdict = await whileSealed(() => verify());
    const [first, ...others] = failed(verdict);
    expect(first?.detail).toMatch(/is sealed/);
    expect(first?.fix).toMatch(/vault operator unseal/);
    expect(others).toEqual([]);
    expect(
      checksOf(verdict)
        .map(({ name }) => name)
        .join("\n"),
    ).toContain("Vault's statements create a login of it, and drop it");
  });

  it("says that it did not ask Vault without a token", async () => {
    vi.stubEnv("VAULT_TOKEN", "");
    const verdict = await verify();
    expect(verdict.ok).toBe(true);
    expect(checksOf(verdict)[0]?.detail).toMatch(
      /^berth_verify_login_\w+ was created and dropped; Vault itself was not asked: VAULT_TOKEN is not set$/,
    );
  });

  it.runIf(hasPgbouncer)("works where Vault itself connects through pgbouncer", async () => {
    let pooler: Pgbouncer | undefined;
    try {
      pooler = await startPgbouncer(bed, "wiki", ["pool_mode = transaction"]);
      const through = toSpec(pooler.port);
      await write(planVault(through).filter(({ kind }) => kind === "connection"));
      expect(failed(await verify(through))).toEqual([]);
      expect(await leases()).toEqual([]);
    } finally {
      await pooler?.stop();
      await write(find("postgres/config/wiki"));
    }
  });
});

describe("add", () => {
  const token = makeToken();
  let store: VaultStore;
  let connect: ConnectServer;

  beforeEach(async () => {
    store = new VaultStore([createSampleVault()]);
    connect = await startConnect({ store, token });
    const postgres = { endpoint: { direct: { host: "127.0.0.1", port: bed.superuser.port } } };
    const apps = { wiki: { secrets: { "wiki-config": config } } };
    const sections = {
      "berth:postgres": postgres,
      "berth:onepassword": { vault: "Coachlight" },
      "berth:secrets": { vault: { address: vault.address } },
      "berth:apps": apps,
    };
    writeFileSync(stackFile, JSON.stringify({ config: sections }));
  });

  afterEach(async () => {
    await connect.close();
    await ask("DELETE", "kvv2/metadata/wiki/config");
  });

  async function add(): Promise<string> {
    vi.stubEnv("OP_CONNECT_HOST", connect.url);
    vi.stubEnv("OP_CONNECT_TOKEN", token);
    let output = "";
    const spy = vi.spyOn(process.stdout, "write").mockImplementation((text) => {
      output += String(text);
      return true;
    });
    try {
      await addVerb({ ...none, stack: "test", file: stackFile, app: "wiki" });
    } catch (error) {
      output += describeFailure(error, "help");
    } finally {
      spy.mockRestore();
    }
    return output;
  }

  /** The values as Vault sends them. */
  async function values(): Promise<{
    text: string;
    data: Record<string, unknown>;
    version: number;
  }> {
    const answer = await fetch(`${vault.address}/v1/kvv2/data/wiki/config`, {
      headers: { "x-vault-token": vault.rootToken },
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

  it("adds what is missing, and keeps every byte of the rest", async () => {
    // No number of JavaScript, and a key inside a key.
    const body = '{"data":{"KEY":"mine","n":12345678901234567890.10,"deep":{"SALT":null}}}';
    await fetch(`${vault.address}/v1/kvv2/data/wiki/config`, {
      method: "POST",
      headers: { "x-vault-token": vault.rootToken },
      body,
    });
    expect(await add()).toContain("key KEY: is there");
    const { text, data, version } = await values();
    expect(version).toBe(2);
    expect(data["KEY"]).toBe("mine");
    expect(data["SALT"]).toMatch(/^[0-9a-f]{64}$/);
    expect(text).toContain("12345678901234567890.10");
  });

  it("refuses what was deleted, until it is there again", async () => {
    await add();
    const before = await values();
    await ask("DELETE", "kvv2/data/wiki/config");
    const refused = await add();
    expect(refused).toContain("was deleted, or somebody made it at this moment");
    const command = /vault kv undelete -mount=(\S+) -versions=N (\S+) first/.exec(refused) ?? [];
    await ask("POST", `${command[1] ?? ""}/undelete/${command[2] ?? ""}`, { versions: [1] });
    expect(await add()).toContain("nothing was changed");
    expect(await values()).toEqual(before);
  });

  it("writes with the policy of the app's pipeline", async () => {
    vi.stubEnv("VAULT_TOKEN", await tokenOf("wiki-ops"));
    expect(await add()).toContain("key KEY: made");
    await ask("POST", "kvv2/data/wiki/config", { data: { KEY: "mine" } });
    expect(await add()).toContain("key SALT: made");
    expect((await values()).data).toMatchObject({
      KEY: "mine",
      SALT: expect.any(String) as string,
    });
  });

  it("writes nothing into an engine of version 1, and nothing while Vault is sealed", async () => {
    await ask("POST", "sys/mounts/kvv1", { type: "kv", options: { version: "1" } });
    const text = readFileSync(stackFile, "utf8");
    writeFileSync(stackFile, text.replace('"from":"vault"', '"from":"vault","mount":"kvv1"'));
    const refused = await add();
    expect(refused).toContain("the mount kvv1 in Vault is no KV engine of version 2");
    expect(await ask("LIST", "kvv1")).not.toHaveProperty("data");
    const [, mount = ""] = /fix: vault kv enable-versioning (\w+)/.exec(refused) ?? [];
    await ask("POST", `sys/mounts/${mount}/tune`, { options: { version: "2" } });
    await expect.poll(add, { timeout: 60_000 }).toContain("key KEY: made");
    writeFileSync(stackFile, text);
    expect(await whileSealed(add)).toMatch(/is sealed.*\n {2}fix: vault operator unseal/);
  });
});
