import { escapeIdentifier } from "pg";
import { rolePath } from "../../config/derive/names.ts";
import { toYamlList } from "../../config/yaml/list.ts";
import { when } from "../../when.ts";
import type { Catalog, LiveDatabase, LiveRole } from "../catalog/catalog.ts";
import { searchPathOf, settingOf } from "../catalog/settings.ts";
import { isClosedToPublic } from "../plan/access.ts";
import {
  type DatabasePlan,
  hasNoPassword,
  hasVaultLogins,
  isFurther,
  type PlannedRole,
} from "../plan/plan.ts";
import { showSearchPath } from "../statements/actions.ts";
import type { AppProblem } from "./problem.ts";
import { describeForeignOwner, findForeignOwner } from "./roles/identity.ts";
import { fixOwnerByHand } from "./roles/owner-change.ts";
import { findRights, fixOwner, mayManage } from "./roles/rights.ts";
import type { StoredPassword } from "./roles/stored-password.ts";
import { describeSettings } from "./settings.ts";

/**
 * What to do about roles and databases that exist already. A run that died after CREATE leaves them, so that is
 * normal. But only what this stack created is adopted without `adopt: true`.
 */
export interface Adoption {
  /** What adopting changes; shown to the operator before it happens. */
  readonly changes: readonly string[];
  /** Why the run must not go on. */
  readonly problems: readonly AppProblem[];
}

interface AdoptionContext {
  readonly ownershipRole: string;
  /** Roles that belong to neighbours. */
  readonly reserved: readonly string[];
  /** How the stored password of a role compares with its verifier. */
  readonly passwordOf: (role: PlannedRole) => StoredPassword;
  /** Whether no app may have a role of this name. */
  readonly isReserved: (role: string) => boolean;
}

interface Ground extends AdoptionContext {
  readonly plan: DatabasePlan;
  readonly catalog: Catalog;
}

/** Decides for one app. Pure: the catalog has the live state, the plan the wanted state. */
export function decideAdoption(
  plan: DatabasePlan,
  catalog: Catalog,
  context: AdoptionContext,
): Adoption {
  const ground = { plan, catalog, ...context };
  const roles = plan.roles.flatMap((role) => {
    const live = catalog.roles.get(role.name);
    return live === undefined || live.memberOf.includes(context.ownershipRole)
      ? []
      : [decideRole(role, live, ground)];
  });
  const live = catalog.databases.get(plan.database.name);
  // A database whose owner belongs to another stack is that stack's. The problem about the role is enough.
  const at = `roles.${plan.roles.find(({ name }) => name === live?.owner)?.key ?? ""}`;
  const isOfOther = roles.some(
    ({ problems: [first] }) => first?.at === at && first.code === "role-of-other-stack",
  );
  const database = live === undefined || isOfOther ? [] : [decideDatabase(live, ground)];
  const all = [...roles, ...database];
  return {
    changes: (isFurther(plan) ? database : all).flatMap(({ changes }) => changes),
    problems: all.flatMap(({ problems }) => problems),
  };
}

/** Decides about a role that exists and that the stack did not create. */
function decideRole(
  role: PlannedRole,
  live: LiveRole,
  { plan, catalog, ownershipRole, passwordOf }: Ground,
): Adoption {
  const { app } = plan;
  const about = { app, at: `roles.${role.key}` };
  const what = `role "${role.name}"`;
  const foreign = findForeignOwner(live, ownershipRole, role.memberOf);
  if (foreign !== undefined) return refuse(describeForeignOwner(role, app, foreign));
  if (role.login === "rotated" && !isInShape(role, live)) {
    return refuse(describeRotated(plan, { ...about, what }));
  }
  const rights = findRights(live, catalog, plan.database, role).map(({ reason, instead }) => ({
    code: "role-has-rights" as const,
    ...about,
    what: `${what} exists and ${reason}; Berth does not manage such a role`,
    fix: `set berth:apps.${app}.${keyOf(role)}.name to another role${instead}`,
  }));
  const differences = compareRole(role, live, passwordOf(role));
  if (!plan.adopt) {
    const code = "role-not-ours";
    return refuse(...rights, { code, ...describeNotOurs(about, what, differences) });
  }
  const losses = findLosses(role, live).map((loss) => ({
    code: "role-would-lose" as const,
    ...about,
    what: `${what}: ${loss.what}`,
    fix: loss.fix,
  }));
  return {
    changes: differences.map((line) => `app ${app}: ${what}: ${line}`),
    problems: [...rights, ...losses],
  };
}

function decideDatabase(live: LiveDatabase, ground: Ground): Adoption {
  const { plan, catalog, ownershipRole, reserved } = ground;
  const { app, database } = plan;
  const about = { app, at: "database" };
  const what = `database "${live.name}"`;
  const isOurs = (role: string) =>
    catalog.roles.get(role)?.memberOf.includes(ownershipRole) === true;
  if (live.owner !== database.owner) {
    // The stack created the entry's owner, so somebody changed the database's owner.
    const isTaken = isOurs(database.owner);
    const mayOwn = mayManage(live.owner, plan, catalog, ground);
    // No word on how to take it from a neighbour.
    const isNeighbours = reserved.includes(live.owner);
    const byHand = isTaken || isNeighbours ? "" : `; or, ${fixOwnerByHand(plan, live, catalog)}`;
    return refuse({
      code: "database-other-owner",
      ...about,
      what: `${what} belongs to role "${live.owner}", not to "${database.owner}"; Berth never changes an owner`,
      fix: `${fixOwner(plan, { isTaken, mayOwn, owner: live.owner })}${byHand}`,
    });
  }
  if (isOurs(live.owner)) return { changes: [], problems: [] };
  const differences = [
    ...when(
      live.connectionLimit !== database.connectionLimit,
      `connection limit ${String(live.connectionLimit)} becomes ${String(database.connectionLimit)}`,
    ),
    ...describeSettings(database.settings, live.settings),
    ...(isClosedToPublic(plan) && live.privileges.some((one) => one.startsWith("PUBLIC="))
      ? ["PUBLIC loses CONNECT and TEMPORARY"]
      : []),
  ];
  if (!plan.adopt) {
    return refuse({ code: "database-not-ours", ...describeNotOurs(about, what, differences) });
  }
  if (live.allowsConnections) {
    return { changes: differences.map((line) => `app ${app}: ${what}: ${line}`), problems: [] };
  }
  return refuse({
    code: "database-closed",
    ...about,
    what: `${what} allows no connections`,
    fix: `as its owner run: ALTER DATABASE ${escapeIdentifier(live.name)} ALLOW_CONNECTIONS true`,
  });
}

function refuse(...problems: readonly AppProblem[]): Adoption {
  return { changes: [], problems };
}

function describeNotOurs(
  about: { readonly app: string; readonly at: string },
  what: string,
  differences: readonly string[],
): Omit<AppProblem, "code"> {
  const would =
    differences.length === 0
      ? "nothing else would change"
      : `would change: ${differences.join("; ")}`;
  return {
    ...about,
    what: `${what} exists and was not made by this stack`,
    fix: `to adopt it, set berth:apps.${about.app}.adopt to true (${would})`,
  };
}

/** Whether a role is an owner without login, or a login whose sessions start with SET ROLE to the owner. */
function isInShape({ setRole }: PlannedRole, live: LiveRole): boolean {
  if (setRole === undefined) return !live.canLogin;
  return live.memberOf.includes(setRole) && settingOf(live, "role") === setRole;
}

function describeRotated(
  plan: DatabasePlan,
  about: Pick<AppProblem, "app" | "at" | "what">,
): AppProblem {
  const { app, database } = plan;
  const ofVault = hasVaultLogins(plan);
  const key = ofVault ? "credentials" : "owner.rotation";
  const which = ofVault ? "whose logins Vault makes" : "with two logins";
  return {
    ...about,
    code: "role-not-ours",
    what: `${about.what} exists and was not made by this stack, and an app ${which} can adopt only an owner with NOLOGIN, and logins whose sessions start with SET ROLE to it`,
    fix:
      `give it another name (berth:apps.${app}.owner.name${ofVault ? "" : ", owner.logins"}); or, where it is the app's own, take ${key} out, ` +
      `set adopt to true and run pulumi up, then put it back, with owner.name: ${toYamlList([database.owner]).slice(1, -1)}`,
  };
}

const passwordChange = {
  same: [],
  md5: ["its password, stored as md5, becomes the one in 1Password, stored as SCRAM-SHA-256"],
  other: ["its password becomes the one in 1Password"],
} as const;

function compareRole(role: PlannedRole, live: LiveRole, password: StoredPassword): string[] {
  const joins = role.memberOf.filter((group) => !live.memberOf.includes(group));
  // Of rotated roles only the one that the item names gets a password.
  const isLogin = role.login === "always" || password !== "same";
  const searchPath = showSearchPath(searchPathOf(live));
  const planned = showSearchPath(role.searchPath);
  return [
    ...(role.login === "none" && live.canLogin ? ["it may not log in any more"] : []),
    ...(hasNoPassword(role) && password !== "same"
      ? ["its password is removed"]
      : passwordChange[password]),
    ...(live.canLogin || !isLogin ? [] : ["it may log in"]),
    ...(role.replication === true && !live.canReplicate ? ["it gets REPLICATION"] : []),
    ...(live.expires && isLogin ? ["its password does not expire any more"] : []),
    ...when(
      live.connectionLimit !== role.connectionLimit,
      `connection limit ${String(live.connectionLimit)} becomes ${String(role.connectionLimit)}`,
    ),
    ...when(searchPath !== planned, `search_path ${searchPath} becomes ${planned}`),
    ...describeSettings(role.settings, live.settings),
    ...joins.map((group) => `it becomes a member of "${group}"`),
  ];
}

/** Memberships and settings that the entry does not list, and that adopting would remove. */
function findLosses(
  role: PlannedRole,
  live: LiveRole,
): readonly { readonly what: string; readonly fix: string }[] {
  const key = keyOf(role);
  const lost = live.memberOf.filter((group) => !role.memberOf.includes(group));
  const searchPath = searchPathOf(live);
  return [
    ...when(lost.length > 0, {
      what: `it is a member of ${lost.join(", ")}`,
      fix:
        role.setRole === undefined
          ? `add "memberOf: ${toYamlList(lost)}" under ${key} to keep that, or revoke it first`
          : "revoke it first, or grant it to the owner",
    }),
    ...when(searchPath.length > 0 && role.searchPath.length === 0, {
      what: `it has search_path ${showSearchPath(searchPath)}`,
      fix: `add "searchPath: ${toYamlList(searchPath)}" under ${key} to keep that`,
    }),
  ];
}

function keyOf({ key, setRole }: PlannedRole): string {
  return setRole === undefined ? rolePath(key) : "owner";
}
