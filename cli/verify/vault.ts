import { randomBytes } from "node:crypto";
import type { Client } from "pg";
import type { AppSpec } from "../../components/config/spec.ts";
import { Credential } from "../../components/onepassword/credential.ts";
import { type DatabasePlan, hasVaultLogins } from "../../components/postgres/plan/plan.ts";
import { type SessionTarget, withSession } from "../../components/postgres/server/session.ts";
import { toVaultStatements } from "../../components/postgres/statements/vault-role.ts";
import { makeVerifier } from "../../components/postgres/verifier.ts";
import { type Check, runUp, toFailed } from "./check.ts";

/**
 * If Vault makes an app's logins, Berth has none to log in with. So `verify` creates a login with the
 * statements that `plan --vault` prints, as Vault would, and drops it again.
 */

/** The login expires after this time, in case a run is killed. */
const minutes = 15;
const prefix = "berth_verify_login_";

/** The admin, in the app's database. */
export interface AdminLogin {
  readonly target: SessionTarget;
  readonly credential: Credential;
}

/** Runs an app's checks with such a login. None is a failed check. `because`: why Vault itself was not asked. */
export async function verifyWithProbeLogin(
  app: AppSpec,
  admin: AdminLogin,
  runChecks: (login: Credential) => Promise<readonly Check[]>,
  because?: string,
): Promise<readonly Check[]> {
  const login = new Credential(`${prefix}${hex()}`, `${hex()}${hex()}`);
  const [owner] = app.roles;
  const { creation, revocation } = toVaultStatements(owner);
  const asAdmin = (use: (client: Client) => Promise<void>): Promise<void> =>
    withSession(admin.target, admin.credential, use);
  const name = `${owner.name}: Vault's statements create a login of it, and drop it`;
  let checks: readonly Check[] = [];
  try {
    await asAdmin(async (client) => {
      for (const left of await findLeft(client, owner.name)) {
        await runAsVault(client, revocation, { name: left });
      }
      await runAsVault(client, creation, {
        name: login.username,
        password: makeVerifier(login.revealPassword(), login.username),
        expiration: new Date(Date.now() + minutes * 60_000).toISOString(),
      });
    });
    try {
      checks = await runChecks(login);
    } finally {
      await asAdmin((client) => runAsVault(client, revocation, { name: login.username }));
    }
    const rest = because === undefined ? "" : `; Vault itself was not asked: ${because}`;
    const detail = `${login.username} was created and dropped${rest}`;
    return [{ name, ok: true, detail }, ...checks];
  } catch (error) {
    return [toFailed(name, error, runUp), ...checks];
  }
}

/** Runs statements as Vault's plugin does: with the values filled in, in one transaction. */
export async function runAsVault(
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

/** Expired logins that killed runs left. */
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

/** Key of the probe login in the plan. No role of an entry can have it. */
export const probeLoginKey = "owner.vault";

/** The plan with the probe login, if Vault makes the app's logins. */
export function withProbeLogin(plan: DatabasePlan, nameOf: () => string): DatabasePlan {
  const owner = plan.roles.find(({ key }) => key === "owner");
  if (owner === undefined || !hasVaultLogins(plan)) return plan;
  const login = {
    ...owner,
    key: probeLoginKey,
    name: nameOf(),
    setRole: owner.name,
    memberOf: [owner.name],
  };
  return { ...plan, roles: [...plan.roles, login] };
}
