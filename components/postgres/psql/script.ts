import { escapeIdentifier } from "pg";
import { verifierEnvironment } from "../../config/derive/names.ts";
import type { PostgresSpec } from "../../config/spec.ts";
import { BerthError } from "../../errors.ts";
import { hasContents } from "../diff/contents.ts";
import type { DatabasePlan, PlannedRole } from "../plan/plan.ts";
import { runLockKey } from "../server/session.ts";
import { scriptAccess } from "./access.ts";
import { queryContentProblems, refuseBlocked } from "./contents.ts";
import { queryOwnershipProblems } from "./identity.ts";
import { passwordScript } from "./passwords.ts";
import { scriptRoles } from "./roles.ts";
import { block, refusal, statementOf, step, text, texts, verifierVariable } from "./step.ts";

/** What a script must know of the stack besides the plan. */
export type ScriptTarget = Pick<
  PostgresSpec,
  "maintenanceDatabase" | "ownershipRole" | "stack" | "systemIdentifier"
>;

/**
 * Where a script has the roles' passwords from. `verifiers`: the environment. `apart`: they are none of
 * its business, and another script sets them once the roles are there; see psql-passwords.ts.
 */
export type ScriptPasswords = "verifiers" | "apart";

/**
 * An app's plan as a psql script, for where Berth itself cannot reach the server: a Job, or a person.
 * Running it again changes nothing, save that an admin who is no superuser sets the verifiers again. It
 * adopts nothing, takes up only what carries the stack's mark, and ends with exit code 3 and the reason
 * where it must not go on, or, after all else, where only a superuser may. Needs psql 15 (`\getenv`), at
 * any server from 14 on; the verifiers come from the environment, `BERTH_VERIFIER_<KEY>`, and stand
 * nowhere in it.
 *
 * It is flat text and no `DO` block on purpose: CREATE DATABASE runs in no block and no transaction, and
 * psql puts no variable into dollar-quoted text. So the server is asked for statements, and `\gexec`
 * sends them.
 *
 * @see https://www.postgresql.org/docs/current/app-psql.html
 */
export function toPsqlScript(
  plan: DatabasePlan,
  target: ScriptTarget,
  passwords: ScriptPasswords = "verifiers",
): string {
  const { app, roles, database } = plan;
  const { systemIdentifier } = target;
  if (systemIdentifier === undefined) {
    throw new BerthError(`app ${app}: the stack does not say which server the script is for`, {
      hint: "set berth:postgres.systemIdentifier; pulumi preview shows the number",
    });
  }
  if (roles.some(({ login }) => login === "in-turn")) {
    throw new BerthError(`app ${app}: a script makes no owner without login`, {
      hint: `let Berth itself provision the app: pulumi up; or take owner.rotation, or credentials, out of berth:apps.${app}`,
    });
  }
  refuseForeignForms(app, [database.name, target.maintenanceDatabase]);
  const guards = scriptGuards(plan, { ...target, systemIdentifier });
  const path = "database";
  const { name, connectionLimit } = database;
  const isThere = `EXISTS (SELECT FROM pg_database WHERE datname = ${text(name)}`;
  return [
    ...header(plan, passwords),
    ...roles.flatMap(passwords === "apart" ? leavePassword : readVerifier),
    ...enter(target.maintenanceDatabase),
    guards,
    ...(hasContents(plan) ? lookInside(plan, target.maintenanceDatabase, guards) : []),
    "SELECT rolsuper AS is_superuser, current_setting('server_version_num')::int >= 160000 AS has_options",
    "FROM pg_roles WHERE rolname = current_user\n\\gset",
    step(
      text("SET createrole_self_grant = 'set, inherit'"),
      "NOT :'is_superuser' AND :'has_options'",
    ),
    "BEGIN;",
    ...scriptRoles(plan, target),
    "COMMIT;",
    "-- the database",
    step(statementOf({ kind: "create-database", path, database }), `NOT ${isThere})`),
    step(
      statementOf({ kind: "limit-database", path, database: name, connectionLimit }),
      `${isThere} AND datconnlimit <> ${String(connectionLimit)})`,
    ),
    // The lock is held, and nothing of others got past the guards.
    ...(passwords === "apart" ? setPasswords(app) : []),
    ...enter(name),
    ...(hasContents(plan)
      ? [
          refusal(
            `app ${app}: database ${name} was left as it is`,
            queryContentProblems(plan, false),
          ),
        ]
      : []),
    ...scriptAccess(plan),
    ...refuseBlocked(plan),
    `\\echo app ${app}: as planned`,
    "",
  ].join("\n");
}

/** psql takes other names for options or addresses of a connection, or ends the command in the middle. */
function refuseForeignForms(app: string, databases: readonly string[]): void {
  for (const name of databases.filter((one) => !/^[\w .-]+$/.test(one))) {
    throw new BerthError(`app ${app}: psql's \\connect takes no database ${JSON.stringify(name)}`, {
      hint: "let Berth itself provision the app: pulumi up",
    });
  }
}

function header({ app, roles }: DatabasePlan, passwords: ScriptPasswords): string[] {
  const variables = roles.map(({ key }) => verifierEnvironment(key)).join(", ");
  const needs =
    passwords === "apart"
      ? `${passwordScript} beside it`
      : `SCRAM-SHA-256 verifiers in ${variables}`;
  return [
    `-- App ${app}, made by Berth from the stack file: edit that, not this. Run it as the admin role:`,
    `--   psql -X -f FILE, with psql 15 or newer, and ${needs}`,
    "\\set ON_ERROR_STOP on",
    "\\set QUIET on",
  ];
}

/** The form is looked at before anything is sent: a password in clear must not reach the server's log. */
function readVerifier({ key }: PlannedRole): string[] {
  const variable = verifierEnvironment(key);
  const problem = `${variable} is not set, or is no SCRAM-SHA-256 verifier`;
  return [
    `\\set is_verifier \`printf %s "$${variable}" | grep -Eqx '${verifierForm}' && echo true || echo false\``,
    "\\if :is_verifier",
    `\\getenv ${verifierVariable(key)} ${variable}`,
    "\\else",
    block(`BEGIN RAISE EXCEPTION '%', ${text(problem)}; END`),
    "\\endif",
  ];
}

function leavePassword({ key }: PlannedRole): string[] {
  return [`\\set ${verifierVariable(key)} ''`];
}

function setPasswords(app: string): string[] {
  const problem = `app ${app}: the roles are there, and not all passwords could be set`;
  return [
    `\\set has_passwords \`sh ./${passwordScript} >&2 && echo true || echo false\``,
    "\\if :has_passwords",
    "\\else",
    block(`BEGIN RAISE EXCEPTION '%', ${text(problem)}; END`),
    "\\endif",
  ];
}

const verifierForm =
  "SCRAM-SHA-256[$][1-9][0-9]*:[A-Za-z0-9+/]{22,}={0,2}[$][A-Za-z0-9+/]{43}=:[A-Za-z0-9+/]{43}=";

/** A session as Berth's own are, whatever an app's owner has set for its database or made in it. */
function enter(database: string): string[] {
  return [
    `\\connect ${escapeIdentifier(database)}`,
    "SET ROLE NONE;",
    "SET default_transaction_read_only = off;",
    "SET search_path = pg_catalog, pg_temp;",
    "SET lock_timeout = '30s';",
    "SET client_min_messages = warning;",
    block(`BEGIN PERFORM pg_advisory_lock(${runLockKey}); END`),
  ];
}

/** The reasons that only a session in the app's database can see; and back, to a lock of its own. */
function lookInside(plan: DatabasePlan, maintenanceDatabase: string, guards: string): string[] {
  const name = text(plan.database.name);
  const title = `app ${plan.app}: nothing was changed`;
  const inside = queryContentProblems(plan, false);
  const anew = queryContentProblems(plan, true);
  return [
    `SELECT EXISTS (SELECT FROM pg_database WHERE datname = ${name}) AS is_there, EXISTS (SELECT FROM pg_database
  WHERE datname = ${name} AND has_database_privilege(oid, 'CONNECT')) AS may_enter\n\\gset`,
    "\\if :may_enter",
    ...enter(plan.database.name),
    refusal(title, inside),
    ...enter(maintenanceDatabase),
    guards,
    ...(anew.length === 0 ? [] : ["\\elif :is_there", "\\else", refusal(title, anew)]),
    "\\endif",
  ];
}

/** Every reason not to touch anything, before anything is touched. */
function scriptGuards(
  { app, roles, database, grants }: DatabasePlan,
  { ownershipRole, stack, systemIdentifier }: ScriptTarget & { readonly systemIdentifier: string },
): string {
  const names = texts(roles.map((role) => role.name));
  // As in roles.sql: the admin that made the mark does not carry it.
  const isOurs = `EXISTS (SELECT FROM pg_auth_members m WHERE m.member = r.oid AND pg_get_userbyid(m.roleid) = ${text(ownershipRole)}
        AND NOT (r.rolcreaterole AND (m.grantor = m.member
          OR m.admin_option AND coalesce(to_jsonb(m) ->> 'set_option', 'true') = 'false')))`;
  const at = `FROM pg_database d JOIN pg_roles r ON r.oid = d.datdba WHERE d.datname = ${text(database.name)}`;
  return refusal(`app ${app}: nothing was changed`, [
    `SELECT format('this is another server than the stack is for, with system_identifier %s', system_identifier)
      FROM pg_control_system() WHERE system_identifier::text <> ${text(systemIdentifier)}`,
    `SELECT format('role "%s" can log in or has rights, so it is not the ownership role', r.rolname)
      FROM pg_roles r WHERE r.rolname = ${text(ownershipRole)} AND (r.rolcanlogin OR r.rolsuper
        OR r.rolcreaterole OR r.rolcreatedb OR r.rolreplication OR r.rolbypassrls
        OR EXISTS (SELECT FROM pg_auth_members m WHERE m.member = r.oid)
        OR EXISTS (SELECT FROM pg_database d WHERE d.datdba = r.oid))`,
    ...queryOwnershipProblems(ownershipRole, stack),
    `SELECT format('role "%s" exists and was not made by this stack', r.rolname)
      FROM pg_roles r WHERE r.rolname = ANY (${names}) AND NOT ${isOurs}`,
    `SELECT format('database "%s" exists and belongs to role "%s"', d.datname, r.rolname)
      ${at} AND r.rolname <> ${text(database.owner)}`,
    `SELECT format('database "%s" exists and was not made by this stack', d.datname)
      ${at} AND NOT ${isOurs}`,
    `SELECT format('database "%s" has encoding %s, which cannot change', d.datname, pg_encoding_to_char(d.encoding))
      ${at} AND pg_encoding_to_char(d.encoding) <> ${text(database.encoding)}`,
    ...(grants.some(({ privileges }) => privileges.includes("MAINTAIN"))
      ? [
          `SELECT 'MAINTAIN needs Postgres 17' WHERE current_setting('server_version_num')::int < 170000`,
        ]
      : []),
  ]);
}
