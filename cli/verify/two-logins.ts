import type { Client } from "pg";
import { commandLine } from "../../components/command-line.ts";
import type { RoleSpec } from "../../components/config/spec.ts";
import { Credential } from "../../components/onepassword/credential.ts";
import type { LiveRole } from "../../components/postgres/catalog/catalog.ts";
import { settingOf } from "../../components/postgres/catalog/catalog.ts";
import type { DatabasePlan, PlannedRole } from "../../components/postgres/plan/plan.ts";
import { toEndOfLogin } from "../../components/postgres/rules/two-logins.ts";
import { LoginFailure } from "../../components/postgres/server/login-failure.ts";
import { withRoleSession } from "../../components/postgres/server/session.ts";
import type { Check, VerifyContext } from "./check.ts";
import { verifyAttributes } from "./role.ts";
import { probeLoginKey } from "./vault.ts";

/** Checks that a login's session starts with SET ROLE to the owner. */
export async function verifySetRole(client: Client, planned: PlannedRole): Promise<Check[]> {
  const { name, actsAs } = planned;
  if (actsAs === undefined) return [];
  const { rows } = await client.query<{ me: string }>("select current_user::text as me");
  const me = rows[0]?.me ?? "";
  return [
    {
      name: `${name}: runs as ${actsAs}`,
      ok: me === actsAs,
      detail: `current_user is ${me}`,
    },
  ];
}

/** Checks that the owner owns everything, also the probe, and its logins own nothing. */
export async function verifyOwnership(client: Client, plan: DatabasePlan): Promise<Check[]> {
  const logins = plan.roles.filter(({ actsAs }) => actsAs !== undefined).map(({ name }) => name);
  if (logins.length === 0) return [];
  const { owner, name: database } = plan.database;
  const { rows } = await client.query<{ login: string; count: number }>(ownedByLogins, [
    logins,
    `role=${owner}`,
  ]);
  const found = rows.map(({ login, count }) => `${login} owns ${String(count)}`);
  return [
    {
      name: `${database}: everything belongs to ${owner}`,
      ok: found.length === 0,
      detail:
        found.length === 0
          ? `nothing belongs to ${logins.join(" or ")} or to another login of it`
          : `${found.join("; ")}; run as the admin, in that database: REASSIGN OWNED BY a login TO "${owner}"`,
    },
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
  const inTurn = plan.roles.filter(({ login }) => login === "in-turn");
  if (inTurn.length === 0) return [];
  const current = context.credential(owner);
  const unused = inTurn.filter(({ name }) => name !== current.username);
  const checks: Check[] = [];
  for (const planned of unused) {
    const live = context.loginRoles.get(planned.name);
    checks.push(...verifyUnusedLogin(planned, live));
    if (live !== undefined) checks.push(await verifyRefusal(plan, planned, context, current));
    if (live?.canLogin === true) checks.push(warnOfLogin(plan, planned));
  }
  return checks;
}

function verifyUnusedLogin(planned: PlannedRole, live: LiveRole | undefined): Check[] {
  const { name, actsAs } = planned;
  if (live === undefined) return [{ name: `${name}: exists`, ok: false, detail: "it does not" }];
  const setting = settingOf(live, "role");
  return [
    ...verifyAttributes(planned, live),
    ...(actsAs === undefined || setting === actsAs
      ? []
      : [
          {
            name: `${name}: runs as ${actsAs}`,
            ok: false,
            detail: `its setting role is ${setting ?? "not set"}`,
          },
        ]),
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
    return { name: check, ok: false, detail: "it was not refused" };
  } catch (error) {
    if (!(error instanceof LoginFailure)) throw error;
    const { sqlState, cause, message } = error;
    const detail = cause instanceof Error ? cause.message : message;
    return { name: check, ok: refusals.includes(sqlState), detail };
  }
}

function warnOfLogin(plan: DatabasePlan, { name }: PlannedRole): Check {
  return {
    name: `${name}: is not in use`,
    ok: true,
    warning: true,
    detail: `it can still log in with a former password; ${
      plan.roles.some(({ key }) => key === probeLoginKey)
        ? `when nobody uses it, run as the admin: ${toEndOfLogin(name)}`
        : `when nobody uses it, disable it with ${commandLine("rotate")} and --retire`
    }`,
  };
}
