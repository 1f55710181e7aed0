import { randomBytes } from "node:crypto";
import type { Client } from "pg";
import type { AppSpec } from "../../components/config/spec.ts";
import { Credential } from "../../components/onepassword/credential.ts";
import { type DatabasePlan, hasLoginsOfVault } from "../../components/postgres/plan/plan.ts";
import { type SessionTarget, withSession } from "../../components/postgres/server/session.ts";
import { toVaultStatements } from "../../components/postgres/statements/vault-role.ts";
import { makeVerifier } from "../../components/postgres/verifier.ts";
import type { Check } from "./check.ts";

/**
 * An app whose logins Vault makes has none that Berth could use. So `verify` makes one as Vault would, by
 * the very statements that `plan --vault` prints, and takes it away again.
 */

/** How long one would be of use that was left behind by a run which was killed. */
const minutes = 15;
const prefix = "berth_verify_login_";

/** Proves with such a login that the app's promises hold; a login that cannot be made is a failed check. */
export async function verifyWithProbeLogin(
  app: AppSpec,
  admin: { readonly target: SessionTarget; readonly credential: Credential },
  prove: (trial: Credential) => Promise<readonly Check[]>,
): Promise<readonly Check[]> {
  const trial = new Credential(`${prefix}${hex()}`, `${hex()}${hex()}`);
  const [owner] = app.roles;
  const { creation, revocation } = toVaultStatements(owner);
  const asAdmin = (use: (client: Client) => Promise<void>): Promise<void> =>
    withSession(admin.target, admin.credential, use);
  const name = `${owner.name}: Vault's statements make a login that acts as it, and take it away`;
  let checks: readonly Check[] = [];
  try {
    await asAdmin(async (client) => {
      for (const left of await findLeft(client, owner.name)) {
        await runAsVault(client, revocation, { name: left });
      }
      await runAsVault(client, creation, {
        name: trial.username,
        password: makeVerifier(trial.revealPassword(), trial.username),
        expiration: new Date(Date.now() + minutes * 60_000).toISOString(),
      });
    });
    try {
      checks = await prove(trial);
    } finally {
      await asAdmin((client) => runAsVault(client, revocation, { name: trial.username }));
    }
    return [{ name, ok: true, detail: `${trial.username} came and went` }, ...checks];
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return [{ name, ok: false, detail }, ...checks];
  }
}

/** Its plugin puts the values in and runs a list in one transaction. */
async function runAsVault(
  client: Client,
  statements: readonly string[],
  values: Readonly<Record<string, string>>,
): Promise<void> {
  await client.query("begin");
  for (const statement of statements) {
    await client.query(
      statement.replaceAll(/\{\{(\w+)\}\}/g, (whole, key: string) => values[key] ?? whole),
    );
  }
  await client.query("commit");
}

/** Logins of earlier runs that were killed, when they are of no use any more. */
async function findLeft(client: Client, group: string): Promise<readonly string[]> {
  const { rows } = await client.query<{ name: string }>(
    `select rolname::text as name from pg_catalog.pg_roles
     where rolname ~ $1 and rolvaliduntil < pg_catalog.now() and 'role=' || $2 = any (rolconfig)`,
    [`^${prefix}[0-9a-f]+$`, group],
  );
  return rows.map(({ name }) => name);
}

function hex(): string {
  return randomBytes(12).toString("hex");
}

/** The key that no role of an entry can have. */
export const probeLoginKey = "owner.vault";

/** The plan with the login that is tried, where Vault makes the app's own. */
export function withProbeLogin(plan: DatabasePlan, trial: string): DatabasePlan {
  const [owner] = plan.roles;
  if (owner === undefined || !hasLoginsOfVault(plan)) return plan;
  const login = {
    ...owner,
    key: probeLoginKey,
    name: trial,
    actsAs: owner.name,
    memberOf: [owner.name],
  };
  return { ...plan, roles: [...plan.roles, login] };
}
