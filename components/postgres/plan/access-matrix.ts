import { isClosedToPublic, withSchemas } from "./access.ts";
import type { DatabasePlan, PlannedGrant } from "./plan.ts";

/** The privileges of each role in an app's database, for people. */
export interface AccessMatrix {
  /** Kinds of objects: `database`, `schema public`, `tables in public`; from the outside in. */
  readonly columns: readonly string[];
  readonly rows: readonly AccessRow[];
}

/** One role, or PUBLIC for every other role of the server. */
export interface AccessRow {
  readonly role: string;
  readonly profile: string | undefined;
  /** By column; an absent column means no privileges. */
  readonly access: Readonly<Record<string, Access>>;
}

/** Privileges on existing objects, and on objects that the owner will create. */
export interface Access {
  readonly now: readonly string[];
  readonly later: readonly string[];
}

/** The matrix of a plan. The owner and its logins need no grants and have `ALL`. */
export function toAccessMatrix(given: DatabasePlan): AccessMatrix {
  // A pattern is a column of its own: which schemas it stands for only the server knows.
  const plan = withSchemas(given, given.patterns ?? []);
  // The same for every app, and what else it grants.
  const usual = plan.schemas.flatMap((name) => [
    `schema ${name}`,
    ...["tables", "sequences"].map((objects) => `${objects} in ${name}`),
  ]);
  const granted = plan.grants.flatMap(({ on, named }) => [
    toColumn(on),
    ...[...(named?.keys() ?? [])].map((name) => toColumn(on, name)),
  ]);
  const columns = [...new Set(["database", ...usual, ...granted])];
  const rows = plan.roles.map(({ name, profile }): AccessRow => {
    if (profile !== "owner") return { role: name, profile, access: toAccess(plan, name) };
    const all = columns.map((column) => [column, { now: ["ALL"], later: ["ALL"] }] as const);
    return { role: name, profile, access: Object.fromEntries(all) };
  });
  return { columns, rows: [...rows, toPublicRow(plan)] };
}

function toAccess(plan: DatabasePlan, grantee: string): AccessRow["access"] {
  const own = plan.grants.filter((grant) => grant.grantee === grantee);
  const entries = own.flatMap(({ on, privileges, named }): (readonly [string, Access])[] => {
    const later = plan.defaultPrivileges.filter(
      (one) =>
        one.grantee === grantee &&
        on.type !== "database" &&
        one.type === on.type &&
        one.schema === on.schema,
    );
    const access = { now: privileges, later: later.flatMap((one) => one.privileges) };
    return [
      [toColumn(on), access],
      ...[...(named ?? [])].map(([name, now]) => [toColumn(on, name), { now, later: [] }] as const),
    ];
  });
  return Object.fromEntries(entries);
}

/** Privileges of PUBLIC: those of a new database, minus what the plan revokes. */
function toPublicRow(plan: DatabasePlan): AccessRow {
  const database = isClosedToPublic(plan) ? [] : ["CONNECT", "TEMPORARY"];
  const access = {
    database: { now: database, later: [] },
    "schema public": { now: ["USAGE"], later: [] },
  };
  return { role: "PUBLIC", profile: undefined, access };
}

function toColumn(on: PlannedGrant["on"], name?: string): string {
  if (on.type === "database") return "database";
  if (name !== undefined) return `${on.type} ${on.schema}.${name}`;
  return on.type === "schema" ? `schema ${on.schema}` : `${on.type}s in ${on.schema}`;
}
