import { databaseCredentials } from "../../components/config/derive/names.ts";
import { isOffline, readVaultEnvironment } from "../../components/config/environment.ts";
import type { VaultLoginSpec } from "../../components/config/spec/vault.ts";
import type { AppSpec, StackSpec } from "../../components/config/spec.ts";
import { BerthError } from "../../components/errors.ts";
import { Credential } from "../../components/onepassword/credential.ts";
import { withSession } from "../../components/postgres/server/session.ts";
import { isWayStated, readVaultAccess, toVaultPlace } from "../../components/vault/http/access.ts";
import { createVaultClient, type VaultClient } from "../../components/vault/http/client.ts";
import { type Check, toCheck, toFailed } from "./check.ts";
import { withEnd } from "./ends.ts";
import { type AdminLogin, verifyWithProbeLogin } from "./vault.ts";

/** With a token for Vault, `verify` reads a lease as the app's operator does, tries its login, and ends the lease. */

/** Vault, or why it is not asked. A failure is one of every app with such logins. */
export type LeaseSource =
  | { readonly vault: VaultClient }
  | { readonly because: string | undefined }
  | { readonly failure: BerthError };

/** Vault, if one of the apps has logins of it, and this machine has a token for it and reaches it. */
export async function findLeaseSource(
  { secrets: { vault } }: StackSpec,
  apps: readonly AppSpec[],
): Promise<LeaseSource> {
  const isNeeded = apps.some((app) => app.vault?.login !== undefined);
  if (vault === undefined || !isNeeded) return { because: undefined };
  if (isOffline()) return { because: "BERTH_OFFLINE is true" };
  const variables = readVaultEnvironment();
  if (variables.token === undefined) return { because: "VAULT_TOKEN is not set" };
  try {
    const client = createVaultClient(readVaultAccess(toVaultPlace(vault), variables));
    await client.read("sys/seal-status");
    return { vault: client };
  } catch (error) {
    if (!(error instanceof BerthError)) throw error;
    if (isWayStated(vault, variables)) return { failure: error };
    return { because: error.message.split("\n")[0] };
  }
}

type RunChecks = (login: Credential) => Promise<readonly Check[]>;

/** Runs an app's checks with a login that Vault makes or, if it gives none, with one that is made like that. */
export async function verifyVaultLogin(
  app: AppSpec,
  leases: LeaseSource,
  admin: AdminLogin,
  runChecks: RunChecks,
): Promise<readonly Check[]> {
  const { login } = app.vault ?? {};
  if (login === undefined || "because" in leases) {
    const because = "because" in leases ? leases.because : undefined;
    return await verifyWithProbeLogin(app, admin, runChecks, because);
  }
  const lease = await tryLease(app, login, { leases, admin }, runChecks);
  return lease.isGiven
    ? lease.checks
    : [...lease.checks, ...(await verifyWithProbeLogin(app, admin, runChecks))];
}

/** What was found with a lease. */
interface LeaseChecks {
  readonly checks: readonly Check[];
  /** False = Vault gave none, and nothing else was checked. */
  readonly isGiven: boolean;
}

async function tryLease(
  app: AppSpec,
  { mount, role }: VaultLoginSpec,
  from: { readonly leases: Exclude<LeaseSource, { because: unknown }>; readonly admin: AdminLogin },
  runChecks: RunChecks,
): Promise<LeaseChecks> {
  const path = `${mount}/${databaseCredentials(role)}`;
  const name = `${app.roles[0].name}: Vault makes a login of it at ${path}, and drops it`;
  const help = `vault read ${path}, with the same variables, shows more`;
  const { leases, admin } = from;
  if ("failure" in leases) {
    return { checks: [toFailed(name, leases.failure, help)], isGiven: false };
  }
  const { vault } = leases;
  const reading = vault.readLease(path);
  const end = async (): Promise<void> => {
    const lease = await reading.catch(() => undefined);
    if (lease !== undefined) await revoke(vault, lease.id);
  };
  let checks: readonly Check[] = [];
  let isGiven = false;
  try {
    const username = await withEnd(end, async () => {
      const { data } = await reading;
      isGiven = true;
      const login = toCredential(data, path);
      checks = await runChecks(login);
      return login.username;
    });
    const isThere = await isRole(admin, username);
    const fix = `vault lease revoke -prefix ${path}, and look at the revocation statements: vault read ${mount}/roles/${role}`;
    const wrong = isThere
      ? [{ what: `the lease has ended, and ${username} is still there`, fix }]
      : [];
    const done = toCheck(name, `${username} was made and dropped`, wrong);
    return { checks: [done, ...checks], isGiven };
  } catch (error) {
    return { checks: [toFailed(name, error, help), ...checks], isGiven };
  }
}

/** `sync`: Vault answers when the login is dropped, or says why it could not. */
async function revoke(vault: VaultClient, lease: string): Promise<void> {
  await vault.write("sys/leases/revoke", { lease_id: lease, sync: true });
}

function toCredential(data: Readonly<Record<string, unknown>>, path: string): Credential {
  const { username, password } = data;
  if (typeof username === "string" && typeof password === "string") {
    return new Credential(username, password);
  }
  throw new BerthError(`Vault's answer at ${path} has no username and password`, {
    hint: `name a role of the database engine: vault read ${path} must show both`,
  });
}

async function isRole({ target, credential }: AdminLogin, name: string): Promise<boolean> {
  return await withSession(target, credential, async (client) => {
    const { rows } = await client.query("select from pg_catalog.pg_roles where rolname = $1", [
      name,
    ]);
    return rows.length > 0;
  });
}
