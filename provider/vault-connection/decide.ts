import { joinFixes, type Problem } from "../../components/errors.ts";
import { findLive, listDifferent } from "../../components/vault/compare.ts";
import { hasMark, type Mark, markIn, parseMark } from "../../components/vault/mark.ts";
import type { Changes } from "../rpc/resource-handler.ts";
import type { ConnectionData, ConnectionInputs } from "./inputs.ts";

/** Rules about a connection, as it is wanted or as Vault shows it. Pure. */

/** Vault's own login to Postgres. */
export function loginOf(data: ConnectionData): string {
  const username = findLive(data, "username");
  return typeof username === "string" ? username : "";
}

/** What Vault has, under the keys of what is wanted. */
export function toLiveData(live: ConnectionData, wanted: ConnectionData): ConnectionData {
  const different = new Set(listDifferent(wanted, live));
  return Object.fromEntries(
    Object.entries(wanted).flatMap(([key, value]) => {
      if (!different.has(key)) return [[key, value]];
      const found = findLive(live, key);
      return found === undefined ? [] : [[key, found]];
    }),
  );
}

/** Whose a connection is; undefined = it does not say so. */
export function readMark(data: ConnectionData): Mark | undefined {
  return parseMark(textOfMark(data));
}

function textOfMark(data: ConnectionData): string {
  return markIn({ berth: findLive(data, "berth") ?? "" }) ?? "";
}

/** Why a connection that Vault has may not be written. The stack may have had other ids before. */
export function findOwnerProblem(
  live: ConnectionData | undefined,
  { app, path, data, adopt }: ConnectionInputs,
  former: readonly string[],
): Problem | undefined {
  if (live === undefined || adopt || isOurs(live, data, former)) return undefined;
  const owner = readMark(live);
  const whose =
    owner === undefined ? "" : `: the stack with id ${owner.stack} did, for app ${owner.app ?? ""}`;
  return {
    code: "vault-connection-not-ours",
    app,
    at: "path",
    what: `Vault has ${path} already, and this stack did not make it${whose}`,
    fix: joinFixes(
      "set berth:secrets.vault.databaseMount to another mount",
      `or, to write over it, set berth:apps.${app}.vault.adopt to true`,
    ),
  };
}

/** Whether the same stack made both. */
export function isOurs(
  live: ConnectionData,
  wanted: ConnectionData,
  former: readonly string[],
): boolean {
  const id = readMark(wanted)?.stack;
  return id !== undefined && hasMark(textOfMark(live), { id, former });
}

/** Keys that left the program are written empty: what is left out of a write, Vault keeps. */
export function toBody(wanted: ConnectionData, before: ConnectionData = {}): ConnectionData {
  const left = Object.keys(before).filter((key) => !(key in wanted));
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

export function compareData(old: ConnectionData, wanted: ConnectionData): Changes {
  const keys = [...new Set([...Object.keys(old), ...Object.keys(wanted)])];
  const changed = keys.filter((key) => JSON.stringify(old[key]) !== JSON.stringify(wanted[key]));
  return Object.fromEntries(
    changed.map((key) => {
      const kind = key in wanted ? "update" : "delete";
      return [`data.${key}`, key in old ? kind : "add"] as const;
    }),
  );
}
