import { escapeLiteral, escapeIdentifier as id } from "pg";
import { joinFixes } from "../../errors.ts";
import type { Blocker, Dependent, LiveSession, Loss } from "../catalog/retirement.ts";
import { inNameOf } from "../statements/sql.ts";
import type { AppProblem, ProblemCode } from "./problem.ts";

/** What keeps a database or a role from being dropped, and what ends it. Pure. */

export function toSessionProblems(
  app: string,
  sessions: readonly LiveSession[],
  fix = "stop what is connected, or end the session",
): AppProblem[] {
  return sessions.map((session) => ({
    code: "role-is-connected",
    app,
    at: "roles",
    what: describeSession(session),
    fix,
  }));
}

export function describeSession(session: LiveSession): string {
  const { pid, role, database, application, client, since } = session;
  const details = [
    ...(application === "" ? [] : [application]),
    ...(client === "" ? [] : [`from ${client}`]),
    ...(since === "" ? [] : [`since ${since}`]),
  ];
  const more = details.length === 0 ? "" : ` (${details.join(", ")})`;
  return `role "${role}" is connected to database "${database}", pid ${String(pid)}${more}`;
}

/** Problems about what a role owns or has privileges on outside the app's database. */
export function toDependentProblems(app: string, dependents: readonly Dependent[]): AppProblem[] {
  return dependents.map((dependent) => {
    const { role, database, object, tie, count } = dependent;
    const what =
      object ??
      `${String(count)} ${count === 1 ? "object" : "objects"} in database "${database ?? ""}"`;
    return {
      code: "role-has-dependents",
      app,
      at: "roles",
      what: `role "${role}" ${tie} ${what}, which is not this app's; Berth changes nothing there`,
      fix: fixDependent(dependent),
    };
  });
}

function fixDependent({ role, database, tie, target }: Dependent): string {
  const where = database === null ? "" : `, in database ${database}`;
  const as = `as a superuser${where}`;
  if (target !== null) {
    if (tie === "granted") return `${as}: ${target}`;
    if (tie === "has privileges on") return `${as}: REVOKE ALL ON ${target} FROM ${id(role)}`;
    return `give it another owner, for example ${as}: ALTER ${target} OWNER TO CURRENT_USER`;
  }
  const rest = tie === "owns" ? "give each of them another owner, or drop it" : "revoke that";
  return `find out ${as}: ${listTies(role)}; then ${rest}`;
}

/** Objects of a database that a role owns or has privileges on. */
function listTies(role: string): string {
  return `SELECT pg_describe_object(classid, objid, objsubid) FROM pg_shdepend WHERE refobjid = ${escapeLiteral(id(role))}::regrole AND dbid = (SELECT oid FROM pg_database WHERE datname = current_database())`;
}

const lossCodes = {
  gave: "role-gave-to-others",
  policy: "role-gave-to-others",
  has: "role-has-dependents",
  owns: "role-has-dependents",
  member: "role-gave-to-others",
} as const satisfies Record<Loss["kind"], ProblemCode>;

/** Problems about what a role has and gave in the app's database. */
export function toLossProblems(
  app: string,
  database: string,
  losses: readonly Loss[],
): AppProblem[] {
  return losses.map((loss) => ({
    code: lossCodes[loss.kind],
    app,
    at: "roles",
    ...describeLoss(loss, database),
  }));
}

function describeLoss(
  loss: Loss,
  database: string,
): { readonly what: string; readonly fix: string } {
  const { kind, role, object, target } = loss;
  const list = loss.privileges.join(", ");
  const privileges = loss.privileges.map((one) => `${one} ${loss.column}`.trim()).join(", ");
  const as = `as a superuser, in database ${database}`;
  const grantee = loss.grantee === null ? "PUBLIC" : id(loss.grantee);
  const revoke = `REVOKE ${privileges} ON ${target} FROM ${grantee}`;
  switch (kind) {
    case "policy":
      return {
        what: `${object} names role "${role}" and would go with it`,
        fix: `drop it, or name others: ${as}: ALTER ${target} TO CURRENT_USER`,
      };
    case "owns":
      return {
        what: `role "${role}" owns ${object}, which only a superuser may own`,
        fix: `${as}: ALTER ${target} OWNER TO CURRENT_USER`,
      };
    case "has":
      return {
        what: `role "${role}" has ${list} on ${object}, which the admin may not revoke`,
        fix: `${as}: ${loss.grantor === null ? revoke : inNameOf(loss.grantor, [revoke])}`,
      };
    case "member":
      return {
        what: `role "${loss.grantee ?? ""}" is a member of role "${role}", and would lose what it may do as one`,
        fix: `give it what it needs itself, then as a superuser: REVOKE ${target}`,
      };
    case "gave": {
      const loser = loss.grantee === null ? "PUBLIC" : `role "${loss.grantee}"`;
      const again = `GRANT ${privileges} ON ${target} TO ${grantee}`;
      return {
        what: `${loser} would lose ${list} on ${object}, which role "${role}" gave`,
        fix: `for the owner to give it, ${as}: ${again}; ${inNameOf(role, [revoke])}`,
      };
    }
  }
}

/** Problems about what keeps a database from being dropped, without sessions. */
export function toBlockerProblems(
  app: string,
  database: string,
  blockers: readonly Blocker[],
): AppProblem[] {
  return blockers.map(({ kind, name }) => {
    const what = `database "${database}" ${describeBlocker(kind, name)}`;
    const fix = fixBlocker(kind, name, database);
    return { code: "database-in-use", app, at: "database", what, fix };
  });
}

function describeBlocker(kind: Blocker["kind"], name: string): string {
  if (kind === "template") return "is a template";
  if (kind === "objects") return `has objects of role "${name}", which are not the app's`;
  return `has ${kind} "${name}"`;
}

function fixBlocker(kind: Blocker["kind"], name: string, database: string): string {
  const as = `as a superuser, in database ${database}`;
  const alter = `ALTER SUBSCRIPTION ${id(name)}`;
  switch (kind) {
    case "subscription":
      return joinFixes(
        `to end it, ${as}: DROP SUBSCRIPTION ${id(name)}`,
        `before that, if its publisher cannot be reached, ${as}: ${alter} DISABLE; ${alter} SET (slot_name = NONE)`,
      );
    case "replication slot":
      return `stop what reads it, then as a superuser: SELECT pg_drop_replication_slot(${escapeLiteral(name)})`;
    case "prepared transaction":
      return joinFixes(
        `to keep what it did, ${as}: COMMIT PREPARED ${escapeLiteral(name)}`,
        `or to undo it, ${as}: ROLLBACK PREPARED ${escapeLiteral(name)}`,
      );
    case "template":
      return `as a superuser: ALTER DATABASE ${id(name)} IS_TEMPLATE false`;
    case "objects":
      return `find out ${as}: ${listTies(name)} AND deptype = 'o'; then give each of them to the app's owner, or drop it`;
  }
}
