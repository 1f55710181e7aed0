import { BerthError, messageOf, type Problem } from "../../components/errors.ts";
import type { VaultLogin } from "../../components/onepassword/admin.ts";
import type { VaultClient } from "../../components/vault/http/client.ts";
import { VaultError } from "../../components/vault/http/failure.ts";
import { isOurs, loginOf, toBody, toLeasePaths, whyRefused } from "./decide.ts";
import type { ConnectionData, ConnectionInputs, StoredConnection } from "./inputs.ts";

interface ConnectionRequest {
  readonly wanted: ConnectionInputs;
  /** undefined = it is not in state yet. */
  readonly old: StoredConnection | undefined;
  /** undefined = Vault does not have it yet. */
  readonly live: ConnectionData | undefined;
  readonly login: VaultLogin;
  /** Ids that the stack had before. */
  readonly former: readonly string[];
}

interface Written {
  readonly state: StoredConnection;
  /** What the operator should know. */
  readonly notes: readonly BerthError[];
}

/**
 * Writes a connection. Vault logs in before it keeps anything. The password is written only where Vault cannot have
 * it: after `vault write -f postgres/rotate-root/wiki` it knows another one, which nobody else does.
 */
export async function writeConnection(
  client: VaultClient,
  request: ConnectionRequest,
): Promise<Written> {
  const { wanted, old, live, login } = request;
  requireSameUser(wanted, login);
  const { app, path, data, item } = wanted;
  const connection = { app, path, data, item };
  const isOwn = live !== undefined && isOurs(live, data, request.former);
  const hasPassword =
    isOwn && old?.itemVersion === login.version && loginOf(live) === loginOf(data);
  const state = { ...connection, itemVersion: login.version };
  const body = toBody(data, old?.data);
  const password = login.credential.revealPassword();
  const full: ConnectionData = hasPassword ? body : { ...body, password };
  try {
    await client.write(path, full);
    return { state, notes: [] };
  } catch (error) {
    const why = error instanceof VaultError ? whyRefused(error.message) : undefined;
    if (why === "database") {
      await client.write(path, { ...full, verify_connection: false });
      return { state: { ...state, unverified: true }, notes: [describeUnverified(wanted, error)] };
    }
    if (why === "password" && isOwn && !hasPassword) {
      await client.write(path, body).catch((second: unknown) => {
        throw explain(second, wanted);
      });
      const kept = old?.itemVersion === undefined ? {} : { itemVersion: old.itemVersion };
      return { state: { ...connection, ...kept }, notes: [describeKept(wanted)] };
    }
    throw explain(error, wanted);
  }
}

/** The role that gets the GRANT is that of the stack file, so the item must be its login. */
function requireSameUser(
  { app, data, item }: ConnectionInputs,
  { credential }: Pick<VaultLogin, "credential">,
): void {
  const login = loginOf(data);
  if (credential.username === login) return;
  throw new BerthError(
    `app ${app}: 1Password item ${item} has the login "${credential.username}", and Vault's login to Postgres is "${login}"`,
    {
      hint: "correct the item's username, or berth:secrets.vault.manage.database.user",
    },
  );
}

function explain(error: unknown, { app, path, data, item }: ConnectionInputs): unknown {
  if (!(error instanceof VaultError) || error.kind !== "refused") return error;
  const role = loginOf(data);
  const isPassword = whyRefused(error.message) === "password";
  const hintForLogin = `give role "${role}" the password of item ${item}: \\password ${role} in psql, as the admin`;
  const hintForWay =
    "see that Vault itself reaches Postgres at this address, and correct berth:secrets.vault.manage.database";
  return new BerthError(`app ${app}: ${path}: ${error.message}`, {
    hint: isPassword ? hintForLogin : hintForWay,
    cause: error,
  });
}

function describeUnverified({ app, path }: ConnectionInputs, error: unknown): BerthError {
  const said = messageOf(error);
  return new BerthError(
    `app ${app}: ${path}: Vault could not try the login yet, and the next pulumi up lets it try again: ${said}`,
  );
}

function describeKept({ app, path, data, item }: ConnectionInputs): BerthError {
  const role = loginOf(data);
  return new BerthError(
    `app ${app}: ${path}: the password of item ${item} is not that of role "${role}", so Vault keeps the one that it has and that works`,
    {
      hint: `if Vault rotated it (rotate-root), put nothing new into the item; otherwise as the admin: \\password ${role}, with the item's password, then pulumi up`,
    },
  );
}

/** Logins that Vault made through a connection: without it, Vault could not drop them. */
export async function findLeases(
  client: VaultClient,
  { app, path }: Pick<ConnectionInputs, "app" | "path">,
  live: ConnectionData,
): Promise<{ readonly problem?: Problem; readonly note?: string }> {
  const paths = toLeasePaths(path, live);
  try {
    const found = await Promise.all(
      paths.map(async (one) => {
        const leases = await client.list(`sys/leases/lookup/${one}`);
        return leases.length === 0 ? [] : [one];
      }),
    );
    const left = found.flat();
    if (left.length === 0) return {};
    const revoke = left.map((one) => `vault lease revoke -prefix ${one}`).join("; ");
    return {
      problem: {
        code: "vault-leases-left",
        app,
        at: "path",
        what: `${path} stays in Vault, because logins that it made are in use, and without it Vault could not drop them`,
        fix: `deploy the app with its new login, or end them: ${revoke}; then run the same command again`,
      },
    };
  } catch (error) {
    if (!(error instanceof VaultError) || error.kind !== "denied") throw error;
    const note = `app ${app}: ${path} is deleted, and whether Vault's logins are left is not known: ${error.message}`;
    return { note };
  }
}
