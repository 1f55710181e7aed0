import { databaseCredentials } from "../../components/config/derive/names.ts";
import { isOffline, readVaultEnvironment } from "../../components/config/environment.ts";
import type { AppSpec, StackSpec } from "../../components/config/spec.ts";
import { BerthError } from "../../components/errors.ts";
import { Credential } from "../../components/onepassword/credential.ts";
import { inspectRoles } from "../../components/postgres/catalog/catalog.ts";
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
    return { because: error.what };
  }
}

/** Runs an app's checks with a login that Vault makes or, if it gives none, with one that is made like that. */
export async function verifyVaultLogin(
  app: AppSpec,
  leases: LeaseSource,
  admin: AdminLogin,
  runChecks: (login: Credential) => Promise<readonly Check[]>,
): Promise<readonly Check[]> {
  const { login } = app.vault ?? {};
  if (login === undefined || "because" in leases) {
    const because = "because" in leases ? leases.because : undefined;
    return await verifyWithProbeLogin(app, admin, runChecks, because);
  }
  const { mount, role } = login;
  const path = `${mount}/${databaseCredentials(role)}`;
  const name = `${app.roles[0].name}: Vault makes a login of it at ${path}, and drops it`;
  const failed = (error: unknown): Check =>
    toFailed(name, error, `vault read ${path}, with the same variables, shows more`);
  if ("failure" in leases) {
    return [failed(leases.failure), ...(await verifyWithProbeLogin(app, admin, runChecks))];
  }
  const { vault } = leases;
  const reading = vault.readLease(path);
  const end = async (): Promise<void> => {
    const lease = await reading.catch(() => undefined);
    if (lease !== undefined) await revoke(vault, lease.id);
  };
  let checks: readonly Check[] = [];
  try {
    const username = await withEnd(end, async () => {
      const { data } = await reading;
      const made = toCredential(data, path);
      checks = await runChecks(made);
      return made.username;
    });
    const isThere = await isRole(admin, username);
    const fix = `vault lease revoke -prefix ${path}, and look at the revocation statements: vault read ${mount}/roles/${role}`;
    const wrong = isThere
      ? [{ what: `the lease has ended, and ${username} is still there`, fix }]
      : [];
    return [toCheck(name, `${username} was made and dropped`, wrong), ...checks];
  } catch (error) {
    const isGiven = await reading.then(
      () => true,
      () => false,
    );
    const rest = isGiven ? checks : await verifyWithProbeLogin(app, admin, runChecks);
    return [failed(error), ...rest];
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
  const roles = await withSession(target, credential, (client) => inspectRoles(client, [name]));
  return roles.has(name);
}
