import { escapeIdentifier } from "pg";
import type { PostgresSpec } from "../../config/spec.ts";
import {
  type Catalog,
  type LiveDatabase,
  type LiveRole,
  searchPathOf,
} from "../catalog/catalog.ts";
import { type DatabasePlan, hasLoginsOfVault, type PlannedRole } from "../plan/plan.ts";
import { hintForMembership } from "../statements/failure.ts";
import { describeForeignMark, findForeignMark } from "./identity.ts";

/**
 * What to do about roles and databases that exist already. A run that died after CREATE leaves them
 * behind, so existing is normal; but only what this stack made is taken up silently.
 */
export interface Adoption {
  /** What adopting changes, for the operator to read before it happens. */
  readonly changes: readonly string[];
  /** Why the run must not go on. */
  readonly problems: readonly string[];
}

/** What a stored password is, compared with the verifier that the role shall have. */
export type StoredPassword = "same" | "md5" | "other";

/** Compares them. `undefined` = only a superuser may see what is stored, and the admin is none. */
export function compareStored(stored: string | null | undefined, verifier: string): StoredPassword {
  if (stored === verifier) return "same";
  return stored?.startsWith("md5") === true ? "md5" : "other";
}

/**
 * Decides for one app. Pure: the catalog says what is, the plan what shall be.
 *
 * @param passwordOf What is known of the password that a role has.
 */
export function decideAdoption(
  plan: DatabasePlan,
  catalog: Catalog,
  postgres: Pick<PostgresSpec, "ownershipRole">,
  passwordOf: (role: PlannedRole) => StoredPassword = () => "other",
): Adoption {
  const changes: string[] = [];
  const problems: string[] = [];
  const foreignRoles = new Set<string>();
  for (const role of plan.roles) {
    const live = catalog.roles.get(role.name);
    if (live === undefined) continue;
    const at = `app ${plan.app}: role "${role.name}"`;
    if (live.memberOf.includes(postgres.ownershipRole)) continue;
    const foreign = findForeignMark(live, postgres.ownershipRole, role.memberOf);
    if (foreign !== undefined) {
      foreignRoles.add(role.name);
      problems.push(`${at} ${describeForeignMark(role.name, plan.app, foreign)}`);
      continue;
    }
    if (role.login === "in-turn") {
      problems.push(unmanagedTurn(at, plan));
      continue;
    }
    problems.push(
      ...refusals(live, catalog, plan.database.name).map(
        (reason) => `${at} exists and ${reason}; Berth does not manage such a role`,
      ),
    );
    const differences = compareRole(role, live, passwordOf(role));
    if (!plan.adopt) problems.push(unmanaged(at, plan.app, differences));
    else {
      problems.push(...strippedBy(role, live).map((line) => `${at}: ${line}`));
      changes.push(...differences.map((line) => `${at}: ${line}`));
    }
  }
  const live = catalog.databases.get(plan.database.name);
  // It goes with an owner who has been named.
  if (live !== undefined && !foreignRoles.has(live.owner)) {
    const outcome = decideDatabase(plan, live, catalog, postgres);
    changes.push(...outcome.changes);
    problems.push(...outcome.problems);
  }
  return { changes, problems };
}

/**
 * Roles to adopt that `pulumi up` could not change: from 16 on an admin with CREATEROLE changes only those
 * that it made, or was given with ADMIN.
 */
export function findOutOfReach(
  { app, adopt, roles }: Pick<DatabasePlan, "app" | "adopt" | "roles">,
  { server, roles: live }: Catalog,
  { ownershipRole }: Pick<PostgresSpec, "ownershipRole">,
): string[] {
  const { admin, isSuperuser, versionNumber } = server;
  if (!adopt || isSuperuser || versionNumber < 160_000) return [];
  return roles
    .flatMap(({ name }) => live.get(name) ?? [])
    .filter(({ memberOf, adminMayAlter }) => !memberOf.includes(ownershipRole) && !adminMayAlter)
    .map(({ name }) => {
      const fix = hintForMembership({ role: name, admin, versionNumber });
      return `app ${app}: role "${name}" shall be adopted, and role "${admin}" may not change it\n    fix: ${fix}`;
    });
}

/** What Postgres settles for good when it makes a database. */
export function findEncodingProblem(
  { app, database }: Pick<DatabasePlan, "app" | "database">,
  live: Pick<LiveDatabase, "encoding"> | undefined,
): string | undefined {
  if (live === undefined || live.encoding === database.encoding) return undefined;
  return `app ${app}: database "${database.name}" has encoding ${live.encoding}, which cannot change; set berth:apps.${app}.database.encoding to it`;
}

function decideDatabase(
  plan: DatabasePlan,
  live: LiveDatabase,
  catalog: Catalog,
  postgres: Pick<PostgresSpec, "ownershipRole">,
): Adoption {
  const { database } = plan;
  const at = `app ${plan.app}: database "${live.name}"`;
  if (live.owner !== database.owner) {
    return {
      changes: [],
      problems: [
        `${at} exists and belongs to role "${live.owner}", not to "${database.owner}"; Berth never changes an owner. ` +
          `Set berth:apps.${plan.app}.owner.name to "${live.owner}", or berth:apps.${plan.app}.database.name to another name`,
      ],
    };
  }
  const differences = [
    ...(live.connectionLimit === database.connectionLimit
      ? []
      : [
          `connection limit ${String(live.connectionLimit)} becomes ${String(database.connectionLimit)}`,
        ]),
    ...plan.grants
      .filter((grant) => grant.grantee === "public" && grant.on.type === "database")
      .filter(() => live.privileges.some((privilege) => privilege.startsWith("PUBLIC=")))
      .map(() => "PUBLIC loses CONNECT and TEMPORARY"),
  ];
  const ownerIsOurs =
    catalog.roles.get(live.owner)?.memberOf.includes(postgres.ownershipRole) ?? false;
  if (ownerIsOurs) return { changes: [], problems: [] };
  if (!plan.adopt) return { changes: [], problems: [unmanaged(at, plan.app, differences)] };
  if (!live.allowsConnections) {
    const open = `ALTER DATABASE ${escapeIdentifier(live.name)} ALLOW_CONNECTIONS true`;
    return { changes: [], problems: [`${at} allows no connections; as its owner run: ${open}`] };
  }
  return { changes: differences.map((line) => `${at}: ${line}`), problems: [] };
}

function unmanaged(at: string, app: string, differences: readonly string[]): string {
  const would =
    differences.length === 0
      ? "nothing else would change"
      : `would change: ${differences.join("; ")}`;
  return `${at} exists and was not made by this stack. To take it over, set berth:apps.${app}.adopt to true (${would})`;
}

function unmanagedTurn(at: string, plan: DatabasePlan): string {
  const { app, database } = plan;
  const ofVault = hasLoginsOfVault(plan);
  const key = ofVault ? "credentials" : "owner.rotation";
  const which = ofVault ? "whose logins Vault makes" : "with two logins";
  return (
    `${at} exists and was not made by this stack, and an app ${which} takes over nothing. ` +
    `Give it another name (berth:apps.${app}.owner.name${ofVault ? "" : ", owner.logins"}); or, where it is the app's own, take ${key} out, ` +
    `set adopt to true and run pulumi up, then put it back, with owner.name: ${toList([database.owner]).slice(1, -1)}`
  );
}

function refusals(live: LiveRole, catalog: Catalog, database: string): string[] {
  const others = live.ownedDatabases.filter((name) => name !== database);
  return [
    ...(live.name === catalog.server.admin ? ["is the admin role itself"] : []),
    ...(live.isSuperuser ? ["is a superuser"] : []),
    ...(live.canCreateRole ? ["has CREATEROLE"] : []),
    ...(live.canCreateDatabase ? ["has CREATEDB"] : []),
    ...(live.canReplicate ? ["has REPLICATION"] : []),
    ...(live.bypassesRls ? ["has BYPASSRLS"] : []),
    ...others.map((name) => `owns the database "${name}" as well`),
  ];
}

const passwordChange = {
  same: [],
  md5: ["its password, stored as md5, becomes the one in 1Password, stored as SCRAM-SHA-256"],
  other: ["its password becomes the one in 1Password"],
} as const;

function compareRole(role: PlannedRole, live: LiveRole, password: StoredPassword): string[] {
  const joins = role.memberOf.filter((group) => !live.memberOf.includes(group));
  const searchPath = searchPathOf(live).join(", ");
  return [
    ...passwordChange[password],
    ...(live.canLogin ? [] : ["it may log in"]),
    ...(live.expires ? ["its password does not expire any more"] : []),
    ...(live.connectionLimit === role.connectionLimit
      ? []
      : [
          `connection limit ${String(live.connectionLimit)} becomes ${String(role.connectionLimit)}`,
        ]),
    ...(searchPath === role.searchPath.join(", ")
      ? []
      : [
          `search_path ${searchPath || "(default)"} becomes ${role.searchPath.join(", ") || "(default)"}`,
        ]),
    ...joins.map((group) => `it becomes a member of "${group}"`),
  ];
}

/** Memberships and settings that the entry does not state would be lost; that takes a word. */
function strippedBy(role: PlannedRole, live: LiveRole): string[] {
  const key = role.key === "owner" ? "owner" : `roles.${role.key}`;
  const lost = live.memberOf.filter((group) => !role.memberOf.includes(group));
  const searchPath = searchPathOf(live);
  return [
    ...(lost.length === 0
      ? []
      : [
          `it is a member of ${lost.join(", ")}; add "memberOf: ${toList(lost)}" under ${key} to keep that, or revoke it first`,
        ]),
    ...(searchPath.length > 0 && role.searchPath.length === 0
      ? [
          `it has search_path ${searchPath.join(", ")}; add "searchPath: ${toList(searchPath)}" under ${key} to keep that`,
        ]
      : []),
  ];
}

/** Names as a YAML list that can be pasted. */
function toList(names: readonly string[]): string {
  const shown = names.map((name) => (/^[\w$][\w$.-]*$/.test(name) ? name : JSON.stringify(name)));
  return `[${shown.join(", ")}]`;
}
