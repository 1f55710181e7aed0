import { afterEach, expect, it, vi } from "vitest";
import { findLeaseSource } from "../../cli/verify/lease.ts";
import { type Verdict, verifyStack } from "../../cli/verify/verb.ts";
import { planVault } from "../../components/vault/plan.ts";
import { hasPgbouncer, type Pgbouncer, startPgbouncer } from "../cli/rotate/pgbouncer.ts";
import { adminCredential } from "../provider/app-database/bed.ts";
import { useVerbsBed, type VerbsBed } from "./verbs-bed.ts";

/** What `verify` proves with leases of a real Vault, which makes logins to a real Postgres. */

let bed: VerbsBed;

useVerbsBed((opened) => {
  bed = opened;
});

const leases = async (): Promise<readonly unknown[]> => {
  const { data } = await bed.ask("LIST", "sys/leases/lookup/postgres/creds/wiki");
  return (data?.["keys"] ?? []) as readonly unknown[];
};
const logins = () =>
  bed.postgres.sql("select rolname from pg_roles where rolname ~ '^(v-|berth_verify)'");

const verify = async (given = bed.spec): Promise<Verdict> => {
  const items = { admin: adminCredential, credential: () => adminCredential };
  const source = await findLeaseSource(given, given.apps);
  return await verifyStack(given, { ...items, leases: source }, () => undefined);
};
const checksOf = ({ apps }: Verdict) => apps.flatMap(({ checks }) => checks);
const failed = (verdict: Verdict) => checksOf(verdict).filter(({ ok }) => !ok);

afterEach(async () => {
  await bed.ask("POST", "sys/leases/revoke-prefix/postgres/creds/wiki", { sync: true });
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
  await bed.ask("POST", "postgres/roles/wiki", {
    ...(await bed.ask("GET", "postgres/roles/wiki")).data,
    creation_statements: [
      `CREATE ROLE "{{name}}" LOGIN PASSWORD '{{password}}' VALID UNTIL '{{expiration}}'`,
      `GRANT wiki_role TO "{{name}}"`,
    ],
  });
  const verdict = await verify();
  await bed.repair("postgres/roles/wiki");
  expect(
    failed(verdict)
      .map(({ name }) => name)
      .join("\n"),
  ).toMatch(/^v-.*: runs as wiki_role$/m);
  expect(await leases()).toEqual([]);
  expect(await logins()).toEqual([]);
});

it("ends the lease when it is stopped in the middle", async () => {
  await bed.postgres.sql(
    `create function wait() returns event_trigger language plpgsql as 'begin perform pg_sleep(120); end';
     create event trigger wait on ddl_command_start when tag in ('CREATE TABLE') execute function wait()`,
    "wiki",
  );
  try {
    const kill = vi.spyOn(process, "kill").mockReturnValue(true);
    const running = verify();
    const waiting = "select from pg_stat_activity where wait_event = 'PgSleep'";
    await expect.poll(() => bed.postgres.sql(waiting)).toHaveLength(1);
    expect(await leases()).toHaveLength(1);
    process.emit("SIGHUP", "SIGHUP");
    await expect.poll(() => kill.mock.calls).toEqual([[process.pid, "SIGHUP"]]);
    expect(await leases()).toEqual([]);
    expect(await logins()).toEqual([]);
    expect((await running).ok).toBe(false);
  } finally {
    await bed.postgres.sql("drop event trigger wait; drop function wait()", "wiki");
  }
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
  await bed.ask("POST", "sys/policies/acl/of-this-test", { policy: rule });
  vi.stubEnv("VAULT_TOKEN", await bed.tokenOf("of-this-test"));
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
  const verdict = await bed.whileSealed(() => verify());
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
    pooler = await startPgbouncer(bed.postgres, "wiki", ["pool_mode = transaction"]);
    const through = bed.toSpec(pooler.port);
    await bed.write(planVault(through).filter(({ kind }) => kind === "connection"));
    expect(failed(await verify(through))).toEqual([]);
    expect(await leases()).toEqual([]);
  } finally {
    await pooler?.stop();
    await bed.repair("postgres/config/wiki");
  }
});
