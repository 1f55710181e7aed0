import { escapeIdentifier as id } from "pg";

/** An object as SQL names it, and the kind of it: `materialized view`. */
interface Owned {
  readonly type: string;
  readonly name: string;
}

/** How ALTER calls kinds that have another name in the catalog; the others have the same name. */
const alterNames: ReadonlyMap<string, string> = new Map([
  // ROUTINE is right for all of them, also for aggregates that sort their arguments.
  ...["function", "procedure", "aggregate"].map((type) => [type, "routine"] as const),
  ["statistics object", "statistics"],
]);

/**
 * Statements that make a role the owner of single objects. REASSIGN OWNED would not do: it refuses for the
 * superuser that made the server, and for any other role it also moves databases.
 */
export function toHandOver(objects: readonly Owned[], owner: string): string[] {
  return objects.map(({ type, name }) => {
    const kind = (alterNames.get(type) ?? type).toUpperCase();
    return `ALTER ${kind} ${name} OWNER TO ${id(owner)};`;
  });
}

interface NewOwner {
  readonly database: string;
  readonly owner: string;
  readonly isNew: boolean;
  readonly server: {
    readonly admin: string;
    readonly isSuperuser: boolean;
    readonly versionNumber: number;
  };
}

/**
 * Statements for a superuser that give a database another owner. Up to Postgres 15 an admin with CREATEROLE may
 * manage the role without a GRANT.
 */
export function toNewOwner({ database, owner, isNew, server }: NewOwner): string[] {
  const { admin, isSuperuser, versionNumber } = server;
  return [
    ...(isNew ? [`CREATE ROLE ${id(owner)} LOGIN;`] : []),
    ...(isSuperuser || versionNumber < 160_000
      ? []
      : [`GRANT ${id(owner)} TO ${id(admin)} WITH ADMIN TRUE, INHERIT TRUE, SET TRUE;`]),
    `ALTER DATABASE ${id(database)} OWNER TO ${id(owner)};`,
  ];
}
