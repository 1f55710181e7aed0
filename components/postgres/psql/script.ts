import { verifierEnvironment } from "../../config/derive/names.ts";
import type { PostgresSpec } from "../../config/spec/postgres.ts";
import { BerthError } from "../../errors.ts";
import { when } from "../../when.ts";
import { hasContents } from "../diff/contents.ts";
import { hasMaintain } from "../plan/access.ts";
import type { DatabasePlan, PlannedRole } from "../plan/plan.ts";
import { adminSettings, runLockKey, settings, toStartupOptions } from "../server/session.ts";
import { verifierForm } from "../statements/sql.ts";
import { listTried, toSettingsTrial } from "../statements/try-settings.ts";
import { scriptAccess } from "./access.ts";
import { queryContentProblems, refuseBlocked } from "./contents.ts";
import { queryCreationProblems, queryOtherNames, scriptCreation } from "./creation.ts";
import { queryOwnershipProblems } from "./identity.ts";
import { passwordScript, withPassword } from "./passwords.ts";
import { hasSetting, queryGroupProblems, queryLockedRoles, scriptRoles } from "./roles.ts";
import {
  block,
  checkSettings,
  isMaker,
  refusal,
  statementOf,
  step,
  text,
  texts,
  verifierVariable,
} from "./step.ts";

export type ScriptTarget = Pick<
  PostgresSpec,
  "maintenanceDatabase" | "ownershipRole" | "stack" | "systemIdentifier"
>;

/**
 * Where the roles' passwords come from. `verifiers`: verifiers in environment variables. `apart`: the
 * script of `psql/passwords.ts` sets them after the roles are created.
 */
export type ScriptPasswords = "verifiers" | "apart";

/** The plans of an app's databases; the first makes the roles. */
type Plans = readonly [DatabasePlan, ...DatabasePlan[]];

/**
 * An app's plans as a psql script, for a Job or a person, if Berth itself cannot reach the server. A second
 * run changes nothing, except that an admin without superuser sets the same verifiers again. The script
 * adopts nothing: it changes only roles that are members of the ownership role. It ends with exit code 3
 * and the reasons if it must not start, or at the end if only a superuser can do the rest. It needs psql 15
 * (`\getenv`) and Postgres 14 or newer. It has no verifiers; they are in `BERTH_VERIFIER_<KEY>`.
 *
 * It is flat text, not one `DO` block, because CREATE DATABASE cannot run in a block or a transaction, and
 * psql does not replace variables in dollar-quoted text. So queries return statements, and `\gexec` runs
 * them.
 *
 * @see https://www.postgresql.org/docs/current/app-psql.html
 */
export function toPsqlScript(
  plans: Plans,
  target: ScriptTarget,
  passwords: ScriptPasswords = "verifiers",
): string {
  const [plan] = plans;
  const { app, roles } = plan;
  const { systemIdentifier } = target;
  if (systemIdentifier === undefined) {
    throw new BerthError(`app ${app}: a script needs berth:postgres.systemIdentifier`, {
      hint: "set it to the result of: select system_identifier from pg_control_system()",
    });
  }
  if (roles.some(({ login }) => login === "rotated")) {
    throw new BerthError(`app ${app}: a script cannot create an owner with NOLOGIN`, {
      hint: `run pulumi up instead, or remove owner.rotation or credentials from berth:apps.${app}`,
    });
  }
  const names = plans.map(({ database }) => database.name);
  refuseSpecialNames(app, [...names, target.maintenanceDatabase]);
  const guards = scriptGuards(plan, { ...target, systemIdentifier });
  // Stops where the server refuses a setting, before anything is changed.
  const tried = listTried(plan);
  return [
    ...header(plan, passwords),
    ...withPassword(plan).flatMap((role) =>
      passwords === "apart" ? `\\set ${verifierVariable(role.key)} ''` : readVerifier(role),
    ),
    findMoreSettings,
    ...enter(app, target.maintenanceDatabase),
    guards,
    ...when(tried.length > 0, toSettingsTrial(tried)),
    ...plans
      .filter(hasContents)
      .flatMap((one) => inspectInside(one, target.maintenanceDatabase, guards)),
    "SELECT rolsuper AS is_superuser, current_setting('server_version_num')::int >= 160000 AS has_options",
    "FROM pg_roles WHERE rolname = current_user\n\\gset",
    step(
      text("SET createrole_self_grant = 'set, inherit'"),
      "NOT :'is_superuser' AND :'has_options'",
    ),
    "BEGIN;",
    ...scriptRoles(plan, target),
    "COMMIT;",
    ...plans.flatMap(scriptDatabase),
    // Safe here: the session has the lock, and the guards have checked who made the roles.
    ...(passwords === "apart" ? setPasswords(app) : []),
    ...plans.flatMap(scriptInside),
    `\\echo app ${app}: as planned`,
    "",
  ].join("\n");
}

/** What is inside a database, in a session there. */
function scriptInside(plan: DatabasePlan): readonly string[] {
  const { app, database } = plan;
  const left = `app ${app}: database ${database.name} was left as it is`;
  return [
    ...enter(app, database.name),
    ...(hasContents(plan) ? [refusal(left, queryContentProblems(plan, false))] : []),
    ...scriptAccess(plan),
    ...refuseBlocked(plan),
  ];
}

function scriptDatabase({ database }: DatabasePlan): string[] {
  const { name, connectionLimit } = database;
  const exists = `EXISTS (SELECT FROM pg_database WHERE datname = ${text(name)}`;
  return [
    "-- the database",
    step(scriptCreation(database), `NOT ${exists})`),
    step(
      statementOf({ kind: "limit-connections", database: name, connectionLimit }),
      `${exists} AND datconnlimit <> ${String(connectionLimit)})`,
    ),
    ...Object.entries(database.settings).map(([setting, value]) =>
      step(
        statementOf({ kind: "set-setting", database: name, name: setting, value }),
        `NOT ${hasSetting(ofDatabase, name, [setting, value])}`,
      ),
    ),
  ];
}

const ofDatabase = "setrole = 0 AND (SELECT datname FROM pg_database WHERE oid = setdatabase)";

/** psql would read other names as connection options or addresses, or end the command there. */
function refuseSpecialNames(app: string, databases: readonly string[]): void {
  for (const name of databases.filter((one) => !/^[\w .-]+$/.test(one))) {
    throw new BerthError(`app ${app}: psql cannot \\connect to database ${JSON.stringify(name)}`, {
      hint: "run pulumi up instead, which does not need psql",
    });
  }
}

function header(plan: DatabasePlan, passwords: ScriptPasswords): string[] {
  const { app } = plan;
  const variables = withPassword(plan)
    .map(({ key }) => verifierEnvironment(key))
    .join(", ");
  const needs =
    passwords === "apart"
      ? `, and ${passwordScript} beside it`
      : variables === ""
        ? ""
        : `, and SCRAM-SHA-256 verifiers in ${variables}`;
  return [
    `-- App ${app}, made by Berth from the stack file: edit that, not this. Run it as the admin role:`,
    `--   psql -X -f FILE, with psql 15 or newer${needs}`,
    "\\set ON_ERROR_STOP on",
    "\\set QUIET on",
  ];
}

/** Checks the form before anything is sent, so no plain password gets into the server's log. */
function readVerifier({ key }: PlannedRole): string[] {
  const variable = verifierEnvironment(key);
  const problem = `${variable} is not set, or is not a SCRAM-SHA-256 verifier`;
  return [
    `\\set is_verifier \`printf %s "$${variable}" | grep -Eqx '${verifierForm}' && echo true || echo false\``,
    "\\if :is_verifier",
    `\\getenv ${verifierVariable(key)} ${variable}`,
    ...orStop(problem),
  ];
}

/** The end of an `\if`. */
function orStop(problem: string): string[] {
  return ["\\else", block(`BEGIN RAISE EXCEPTION '%', ${text(problem)}; END`), "\\endif"];
}

function setPasswords(app: string): string[] {
  const problem = `app ${app}: the roles are there, and not all passwords could be set`;
  return [
    `\\set has_passwords \`sh ./${passwordScript} >&2 && echo true || echo false\``,
    "\\if :has_passwords",
    ...orStop(problem),
  ];
}

/**
 * A script waits longer for a lock than Berth, which runs again sooner. Its Job limits the total time. The owner of a
 * database may set for it how literals are read; Berth's own client sees to that.
 */
const scriptSettings = {
  ...settings,
  ...adminSettings,
  lock_timeout: "30s",
  statement_timeout: "0",
  standard_conforming_strings: "on",
};

/** Of the script's text. On a terminal psql requests another one, and the owner of a database may set one. */
const encoding = "UTF8";

/** A server before 17 refuses a session with this setting. */
const findMoreSettings = `SELECT CASE WHEN pg_catalog.current_setting('transaction_timeout', true) IS NULL
  THEN '' ELSE '-c transaction_timeout=0' END AS more_settings\n\\gset`;

/** Opens a session with Berth's settings, whatever an app's owner has set for its database or created in it. */
function enter(app: string, database: string): string[] {
  const way = `dbname=''${database}'' options=''${toStartupOptions(scriptSettings)} `;
  return [
    `\\set way '${way}' :more_settings ''''`,
    "\\connect -reuse-previous=on :way",
    `\\encoding ${encoding}`,
    checkSettings(`app ${app}: stopped`, { ...scriptSettings, client_encoding: encoding }),
    block(`BEGIN PERFORM pg_advisory_lock(${runLockKey}); END`),
  ];
}

/** Finds problems that only a session in the app's database can see, then goes back. */
function inspectInside(plan: DatabasePlan, maintenanceDatabase: string, guards: string): string[] {
  const name = text(plan.database.name);
  const title = `app ${plan.app}: nothing was changed`;
  const inside = queryContentProblems(plan, false);
  const ifNew = queryContentProblems(plan, true);
  return [
    `SELECT EXISTS (SELECT FROM pg_database WHERE datname = ${name}) AS is_there, EXISTS (SELECT FROM pg_database
  WHERE datname = ${name} AND has_database_privilege(oid, 'CONNECT')) AS may_enter\n\\gset`,
    "\\if :may_enter",
    ...enter(plan.app, plan.database.name),
    refusal(title, inside),
    ...enter(plan.app, maintenanceDatabase),
    guards,
    ...(ifNew.length === 0 ? [] : ["\\elif :is_there", "\\else", refusal(title, ifNew)]),
    "\\endif",
  ];
}

/** Finds every reason not to run, before anything is changed. */
function scriptGuards(
  plan: DatabasePlan,
  { ownershipRole, stack, systemIdentifier }: ScriptTarget & { readonly systemIdentifier: string },
): string {
  const { app, roles, database } = plan;
  const names = texts(roles.map((role) => role.name));
  const isOurs = `EXISTS (SELECT FROM pg_auth_members m WHERE m.member = r.oid AND pg_get_userbyid(m.roleid) = ${text(ownershipRole)}
        AND NOT ${isMaker("r")})`;
  const { name, names: databases = [name] } = database;
  const at = `FROM pg_database d JOIN pg_roles r ON r.oid = d.datdba WHERE d.datname = ANY (${texts(databases)})`;
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
    ...queryOtherNames(plan),
    ...queryCreationProblems(plan),
    ...queryGroupProblems(plan, ownershipRole),
    ...queryLockedRoles(plan),
    ...when(
      roles.some(hasMaintain),
      "SELECT 'MAINTAIN needs Postgres 17' WHERE current_setting('server_version_num')::int < 170000",
    ),
  ]);
}
