import { expect, it } from "vitest";
import { Report } from "../../cli/doctor/report.ts";
import { checkVault } from "../../cli/doctor/vault.ts";
import type { World } from "../../cli/doctor/world.ts";
import { useVerbsBed, type VerbsBed } from "./verbs-bed.ts";

/** What `doctor` says of a real Vault. */

let bed: VerbsBed;

useVerbsBed((opened) => {
  bed = opened;
});

async function look(env: Readonly<Record<string, string>> = {}): Promise<readonly string[]> {
  const report = new Report();
  await checkVault(report, { env: { ...process.env, ...env } } as unknown as World, {
    value: bed.spec,
  });
  return report.findings.map(
    ({ name, status, detail, fix }) =>
      `${status} ${name}: ${detail}${fix === undefined ? "" : ` (${fix})`}`,
  );
}

it("finds what was made to be as planned", async () => {
  await bed.ask("POST", "kvv2/data/wiki/config", { data: { KEY: "one", SALT: "two" } });
  const lines = await look();
  expect(lines.filter((line) => !line.startsWith("ok "))).toEqual([]);
  expect(lines).toContain("ok leases: wiki 0");
  expect(lines).toContain("ok sealed: no");
  await bed.ask("DELETE", "kvv2/metadata/wiki/config");
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
  const { data } = await bed.ask("GET", at);
  // Vault replaces a whole role, and keeps what it is not given of a connection.
  await bed.ask("POST", at, at.startsWith("postgres/config") ? change : { ...data, ...change });
  const lines = await look();
  expect(lines.filter((line) => line.startsWith(`warning ${says}`))).toHaveLength(1);
  await bed.repair(at);
  expect((await look()).filter((line) => /^(?:warning|failed) (?!values)/.test(line))).toEqual([]);
});

it("says what comes with pulumi up, and what a token may not read", async () => {
  await bed.ask("DELETE", "sys/policies/acl/wiki-ops");
  const lines = await look();
  expect(lines.join("\n")).toMatch(/^ok policies: 3 of 4 are there; pulumi up makes the rest$/m);
  await bed.repair("sys/policies/acl/wiki-ops");
  const few = await look({ VAULT_TOKEN: await bed.tokenOf("wiki-ops") });
  expect(few.join("\n")).toMatch(/^warning mounts: the token may not read sys\/mounts\/kvv2/m);
  expect(few.join("\n")).toMatch(/^skipped leases: because the token may not list/m);
  expect(few).toContain("ok token: valid, with the policies default, wiki-ops");
  const fake = await look({ VAULT_TOKEN: "hvs.not-a-token-of-this-vault" });
  expect(fake.join("\n")).toMatch(/^failed token: .*VAULT_TOKEN/m);
});

it("says that it is sealed, and that it does not answer", async () => {
  const sealed = await bed.whileSealed(() => look());
  expect(sealed[1]).toMatch(
    /^failed sealed: Vault is sealed: .* 0 of the 1 key shares .*\(vault operator unseal, 1 time/,
  );
  expect(sealed.slice(2).every((line) => line.startsWith("skipped "))).toBe(true);
  expect((await look()).slice(0, 2).map((line) => line.split(":")[0])).toEqual([
    "ok reachable",
    "ok sealed",
  ]);
});
