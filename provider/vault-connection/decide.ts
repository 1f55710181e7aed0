import { joinFixes, type Problem } from "../../components/errors.ts";
import type { Changes } from "../rpc/resource-handler.ts";
import type { ConnectionData, ConnectionInputs } from "./inputs.ts";

/** What the answer to a read has of a connection, under the names under which it is written. Pure. */
export function toReadable(answer: ConnectionData): ConnectionData {
  const { connection_details: details = null, ...rest } = answer;
  const { root_credentials_rotate_statements: statements = [], ...others } = rest;
  const isMap = typeof details === "object" && !Array.isArray(details);
  const written = isMap ? (details as ConnectionData) : {};
  return { ...others, ...written, root_rotation_statements: statements };
}

/** Vault uses it for the write and does not keep it. */
const notKept: ReadonlySet<string> = new Set(["verify_connection"]);

/** Keys whose value in Vault is another one than the wanted one. */
export function listDifferences(live: ConnectionData, wanted: ConnectionData): readonly string[] {
  const keys = Object.keys(wanted).filter((key) => !notKept.has(key));
  return keys.filter((key) => normalize(live[key]) !== normalize(wanted[key]));
}

/** Vault answers with a list where a text was written, and with nothing for an empty one. */
function normalize(value: ConnectionData[string] | undefined): string {
  const all = [value ?? []].flat();
  return JSON.stringify(all.filter((one) => one !== "").map((one) => toText(one)));
}

function toText(value: ConnectionData[string]): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** Vault's own login to Postgres. */
export function loginOf({ username }: ConnectionData): string {
  return typeof username === "string" ? username : "";
}

/** What Vault has, under the keys of what is wanted. */
export function toLiveData(live: ConnectionData, wanted: ConnectionData): ConnectionData {
  const different = new Set(listDifferences(live, wanted));
  return Object.fromEntries(
    Object.entries(wanted).flatMap(([key, value]) => {
      if (!different.has(key)) return [[key, value]];
      const found = live[key];
      return found === undefined ? [] : [[key, found]];
    }),
  );
}

/** Whose a connection is, as its key `berth` says. */
export interface ConnectionOwner {
  readonly stack: string;
  readonly app: string;
}

/** undefined = it does not say so. */
export function parseOwner({ berth }: ConnectionData): ConnectionOwner | undefined {
  const text = typeof berth === "string" ? berth : "";
  const [, stack, app] = /^stack ([0-9a-f]{16}), app (\S+)$/.exec(text) ?? [];
  return stack === undefined || app === undefined ? undefined : { stack, app };
}

/**
 * Why a connection that Vault has may not be written.
 *
 * @param former Ids that the stack had before.
 */
export function findOwnerProblem(
  live: ConnectionData | undefined,
  { app, path, data, adopt }: ConnectionInputs,
  former: readonly string[],
): Problem | undefined {
  if (live === undefined || isOurs(live, data, former)) return undefined;
  const about = { app, at: "path" };
  const other = "or set berth:secrets.vault.databaseMount to another mount";
  const owner = parseOwner(live);
  if (owner === undefined) {
    if (adopt) return undefined;
    return {
      ...about,
      code: "vault-connection-not-ours",
      what: `Vault has ${path} already, and this stack did not make it`,
      fix: joinFixes(`to write over it, set berth:apps.${app}.vault.adopt to true`, other),
    };
  }
  return {
    ...about,
    code: "vault-connection-of-other-stack",
    what: `${path} in Vault was made by the stack with id ${owner.stack}, for app ${owner.app}`,
    fix: joinFixes(`if that stack has given it up: vault delete ${path}`, other),
  };
}

/** Whether the same stack made both. */
export function isOurs(
  live: ConnectionData,
  wanted: ConnectionData,
  former: readonly string[],
): boolean {
  const id = parseOwner(live)?.stack;
  return id !== undefined && (id === parseOwner(wanted)?.stack || former.includes(id));
}

/** Keys that left the program are written empty: what is left out of a write, Vault keeps. */
export function toBody(wanted: ConnectionData, before: ConnectionData = {}): ConnectionData {
  const left = Object.keys(before).filter((key) => !(key in wanted) && !notKept.has(key));
  return { ...Object.fromEntries(left.map((key) => [key, ""])), ...wanted };
}

/** Where the leases of a connection's logins are. */
export function toLeasePaths(path: string, { allowed_roles: allowed }: ConnectionData): string[] {
  const mount = path.slice(0, path.lastIndexOf("/config/"));
  const roles = [allowed ?? []].flat().map(String);
  // With `*` every role of the mount may use it.
  return roles.includes("*") ? [`${mount}/creds`] : roles.map((role) => `${mount}/creds/${role}`);
}

/** Why Vault did not accept a connection: what Postgres said to its login. */
export function whyRefused(message: string): "password" | "database" | undefined {
  if (/SQLSTATE 28P01|password authentication failed/.test(message)) return "password";
  // The database is not there yet, or the GRANT is not, which also brings CONNECT.
  return /SQLSTATE (3D000|42501)/.test(message) ? "database" : undefined;
}

/** The changed keys, as a diff has them. */
export function compareData(old: ConnectionData, wanted: ConnectionData): Changes {
  const keys = [...new Set([...Object.keys(old), ...Object.keys(wanted)])];
  const changed = keys.filter((key) => normalize(old[key]) !== normalize(wanted[key]));
  return Object.fromEntries(
    changed.map((key) => {
      const kind = key in wanted ? "update" : "delete";
      return [`data.${key}`, key in old ? kind : "add"] as const;
    }),
  );
}
