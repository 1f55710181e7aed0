import { type Client, escapeIdentifier as id } from "pg";
import { commandLine } from "../../components/command-line.ts";
import type { RoleSpec } from "../../components/config/spec.ts";
import { Credential } from "../../components/onepassword/credential.ts";
import type { LiveRole } from "../../components/postgres/catalog/catalog.ts";
import { settingOf } from "../../components/postgres/catalog/settings.ts";
import type { DatabasePlan, PlannedRole } from "../../components/postgres/plan/plan.ts";
import { toEndOfLogin } from "../../components/postgres/rules/roles/two-logins.ts";
import { LoginFailure } from "../../components/postgres/server/login-failure.ts";
import { withRoleSession } from "../../components/postgres/server/session.ts";
import { type Check, runUp, toCheck, toWarning, type VerifyContext } from "./check.ts";
import { verifyAttributes } from "./role.ts";
import { probeLoginKey } from "./vault.ts";

export async function verifySetRole(client: Client, planned: PlannedRole): Promise<Check[]> {
  const { name, setRole } = planned;
  if (setRole === undefined) return [];
  const { rows } = await client.query<{ me: string }>("select current_user::text as me");
  const me = rows[0]?.me ?? "";
  const what = `current_user is ${me}`;
  return [
    toCheck(`${name}: runs as ${setRole}`, what, me === setRole ? [] : [{ what, fix: runUp }]),
  ];
}

/** Checks that the owner owns everything, also the probe, and its logins own nothing. */
export async function verifyOwnership(client: Client, plan: DatabasePlan): Promise<Check[]> {
  const logins = plan.roles.filter(({ setRole }) => setRole !== undefined).map(({ name }) => name);
  if (logins.length === 0) return [];
  const { owner, name: database } = plan.database;
  const { rows } = await client.query<{ login: string; count: number }>(ownedByLogins, [
    logins,
    `role=${owner}`,
  ]);
  return [
    toCheck(
      `${database}: everything belongs to ${owner}`,
      `nothing belongs to ${logins.join(" or ")} or to another login of it`,
      rows.map(({ login, count }) => ({
        what: `${login} owns ${String(count)}`,
        fix: `as a superuser, in database ${database}: REASSIGN OWNED BY ${id(login)} TO ${id(owner)}`,
      })),
    ),
  ];
}

const ownedByLogins = `
  select r.rolname::text as login, count(*)::int as count
  from pg_catalog.pg_shdepend d
  join pg_catalog.pg_roles r on r.oid = d.refobjid
  where d.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass and d.deptype = 'o'
    and d.dbid = (select oid from pg_catalog.pg_database where datname = pg_catalog.current_database())
    and (r.rolname = any ($1::text[]) or $2 = any (r.rolconfig))
  group by 1 order by 1`;

/** Checks the roles that are not the login in use, and that none of them accepts the item's password. */
export async function verifyUnusedLogins(
  plan: DatabasePlan,
  owner: RoleSpec,
  context: VerifyContext,
): Promise<Check[]> {
  const rotated = plan.roles.filter(({ login }) => login === "rotated");
  if (rotated.length === 0) return [];
  const current = context.credential(owner);
  const unused = rotated.filter(({ name }) => name !== current.username);
  const checks: Check[] = [];
  for (const planned of unused) {
    const live = context.catalog.roles.get(planned.name);
    checks.push(...verifyUnusedLogin(planned, live, context));
    if (live !== undefined) checks.push(await verifyRefusal(plan, planned, context, current));
    if (live?.canLogin === true) checks.push(warnOfLogin(plan, planned));
  }
  return checks;
}

function verifyUnusedLogin(
  planned: PlannedRole,
  live: LiveRole | undefined,
  context: VerifyContext,
): Check[] {
  const { name, setRole } = planned;
  const failed = (check: string, what: string) => toCheck(check, "", [{ what, fix: runUp }]);
  if (live === undefined) return [failed(`${name}: exists`, "it does not")];
  const setting = settingOf(live, "role");
  return [
    ...verifyAttributes(planned, live, context),
    ...(setRole === undefined || setting === setRole
      ? []
      : [failed(`${name}: runs as ${setRole}`, `its setting role is ${setting ?? "not set"}`)]),
  ];
}

/** SQLSTATEs of a wrong password, and of a role that may not log in. */
const refusals: readonly (string | undefined)[] = ["28P01", "28000"];

async function verifyRefusal(
  plan: DatabasePlan,
  { name }: PlannedRole,
  { target }: VerifyContext,
  current: Credential,
): Promise<Check> {
  const database = plan.database.name;
  const check = `${name}: does not accept the password of ${current.username}`;
  try {
    const login = new Credential(name, current.revealPassword());
    await withRoleSession({ ...target, database }, login, (client) => client.query("select 1"));
    return toCheck(check, "", [{ what: "it was not refused", fix: endOfLogin(name) }]);
  } catch (error) {
    if (!(error instanceof LoginFailure)) throw error;
    const { sqlState, cause, message } = error;
    const detail = cause instanceof Error ? cause.message : message;
    const isRefused = refusals.includes(sqlState);
    return toCheck(check, detail, isRefused ? [] : [{ what: detail, fix: endOfLogin(name) }]);
  }
}

function endOfLogin(name: string): string {
  return `when nobody uses it, run as the admin: ${toEndOfLogin(name)}`;
}

function warnOfLogin(plan: DatabasePlan, { name }: PlannedRole): Check {
  const isOfVault = plan.roles.some(({ key }) => key === probeLoginKey);
  const fix = isOfVault
    ? endOfLogin(name)
    : `when nobody uses it: ${commandLine("rotate", `${plan.app} --retire`)}`;
  return toWarning(`${name}: is not in use`, "it can still log in with a former password", fix);
}
