import type { StackSpec } from "../../../components/config/spec.ts";
import type { Catalog } from "../../../components/postgres/catalog/catalog.ts";
import { isClosedToPublic } from "../../../components/postgres/plan/access.ts";
import { type DatabasePlan, isFurther } from "../../../components/postgres/plan/plan.ts";
import { compareText } from "../../../components/sort.ts";

/** Who may use which database, also through PUBLIC and memberships, of the stack file or of a live server. */

/** From the most to the least. `connect`: it may connect; nobody has looked at what it may do inside. */
const levels = ["superuser", "owner", "readwrite", "custom", "readonly", "connect"] as const;
export type Level = (typeof levels)[number];

/** What a role may do in a database. */
export interface Cell {
  readonly level: Level;
  /** The role that it is a member of, or PUBLIC; undefined = by itself. */
  readonly via: string | undefined;
}

export interface MatrixRow {
  readonly role: string;
  /** undefined = it is somebody else's. */
  readonly app: string | undefined;
  /** By database. A database that is absent: none. */
  readonly cells: Readonly<Record<string, Cell>>;
}

export interface Matrix {
  readonly databases: readonly { readonly name: string; readonly app: string | undefined }[];
  readonly rows: readonly MatrixRow[];
  /** Databases of others whose privileges nobody has read. */
  readonly unread: readonly string[];
}

interface Facts {
  readonly roles: readonly FactsOfRole[];
  readonly databases: readonly FactsOfDatabase[];
  readonly unread: readonly string[];
}

interface FactsOfRole {
  readonly name: string;
  readonly memberOf: readonly string[];
  readonly isSuperuser: boolean;
}

interface FactsOfDatabase {
  readonly name: string;
  readonly owner: string | undefined;
  /** Grantees with CONNECT, with `PUBLIC`. */
  readonly connect: ReadonlySet<string>;
}

const publicName = "PUBLIC";

/** From the stack file alone. Reserved names are shown as databases that nobody has read. */
export function toPlannedMatrix(plans: readonly DatabasePlan[], spec: StackSpec): Matrix {
  const databases = plans.map((plan): FactsOfDatabase => {
    const { name, owner } = plan.database;
    const connect = plan.grants
      .filter(({ on, privileges }) => on.type === "database" && privileges.includes("CONNECT"))
      .map(({ grantee }) => grantee);
    return {
      name,
      owner,
      connect: new Set(isClosedToPublic(plan) ? connect : [...connect, publicName]),
    };
  });
  const roles = plans.flatMap((plan) =>
    (isFurther(plan) ? [] : plan.roles).map(({ name, memberOf }) => ({
      name,
      memberOf,
      isSuperuser: false,
    })),
  );
  return toMatrix({ roles, databases, unread: spec.postgres.reserved }, plans);
}

/** From a live server: own and foreign roles. Postgres' own roles and templates are left out. */
export function toLiveMatrix(
  plans: readonly DatabasePlan[],
  { roles, databases }: Catalog,
  ownershipRole: string,
): Matrix {
  const shown = [...databases.values()].filter(
    ({ name, allowsConnections }) => allowsConnections && name !== "template1",
  );
  const factsOf = shown.map(({ name, owner, privileges, others = [] }): FactsOfDatabase => {
    const more = others.filter(({ privilege }) => privilege === "CONNECT");
    return {
      name,
      owner,
      connect: new Set([...withConnect(privileges), ...more.map(({ grantee }) => grantee)]),
    };
  });
  const all = [...roles.values()].filter(
    ({ name }) => !name.startsWith("pg_") && name !== ownershipRole,
  );
  return toMatrix({ roles: all, databases: factsOf, unread: [] }, plans);
}

/** Who has CONNECT on a database, by its live privileges. */
export function withConnect(privileges: readonly string[]): string[] {
  const connect = "=CONNECT";
  return privileges
    .filter((text) => text.endsWith(connect))
    .map((text) => text.slice(0, -connect.length));
}

function toMatrix({ roles, databases, unread }: Facts, plans: readonly DatabasePlan[]): Matrix {
  const appOfRole = new Map(plans.flatMap(({ app, roles: own }) => own.map((r) => [r.name, app])));
  const appOfDatabase = new Map(plans.map(({ app, database }) => [database.name, app]));
  const profiles = new Map(
    plans.flatMap(({ database, roles: own }) =>
      own.map((role) => [key(role.name, database.name), role.profile] as const),
    ),
  );
  const known = new Map(roles.map((role) => [role.name, role]));
  /** The most that any of the holders may do. */
  const toCell = (
    role: string,
    holders: readonly string[],
    database: FactsOfDatabase,
  ): Cell | undefined => {
    const found = holders.flatMap((holder): Cell[] => {
      const via = holder === role ? undefined : holder;
      if (known.get(holder)?.isSuperuser === true) return [{ level: "superuser", via }];
      if (holder === database.owner) return [{ level: "owner", via }];
      if (!database.connect.has(holder)) return [];
      const profile = profiles.get(key(holder, database.name));
      return [{ level: profile ?? "connect", via }];
    });
    return found.toSorted((a, b) => levels.indexOf(a.level) - levels.indexOf(b.level))[0];
  };
  const order = (name: string | undefined): string => (name === undefined ? "2" : `1 ${name}`);
  const rows = [publicRole, ...roles].map(({ name }): MatrixRow => {
    const holders = name === publicName ? [name] : [...holdersOf(name, known), publicName];
    const cells = databases.flatMap((database) => {
      const cell = toCell(name, holders, database);
      return cell === undefined ? [] : [[database.name, cell] as const];
    });
    return { role: name, app: appOfRole.get(name), cells: Object.fromEntries(cells) };
  });
  return {
    databases: databases
      .map(({ name }) => ({ name, app: appOfDatabase.get(name) }))
      .toSorted((a, b) => compareText(order(a.app) + a.name, order(b.app) + b.name)),
    rows: rows
      .filter(
        ({ app, role, cells }) =>
          app !== undefined || role === publicName || Object.keys(cells).length > 0,
      )
      .toSorted((a, b) => compareText(order(a.app), order(b.app))),
    unread,
  };
}

/** The rows of some apps and of PUBLIC, with the databases in which they have something. */
export function keepApps(matrix: Matrix, apps: ReadonlySet<string>): Matrix {
  const isKept = (app: string | undefined): boolean => app !== undefined && apps.has(app);
  const rows = matrix.rows.filter(({ app, role }) => isKept(app) || role === publicName);
  const databases = matrix.databases.filter(
    ({ name, app }) => isKept(app) || rows.some(({ cells }) => cells[name] !== undefined),
  );
  return { ...matrix, rows, databases };
}

const publicRole: FactsOfRole = { name: publicName, memberOf: [], isSuperuser: false };

const key = (role: string, database: string): string => JSON.stringify([role, database]);

/** The role and all that it is a member of, also indirectly; itself first. */
function holdersOf(name: string, roles: ReadonlyMap<string, FactsOfRole>): readonly string[] {
  const found = new Set([name]);
  for (const holder of found) {
    for (const group of roles.get(holder)?.memberOf ?? []) found.add(group);
  }
  return [...found];
}
