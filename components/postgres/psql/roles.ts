import type { PostgresSpec } from "../../config/spec/postgres.ts";
import { type DatabasePlan, hasNoPassword, type PlannedRole } from "../plan/plan.ts";
import { otherGroupsOf } from "../rules/roles/groups.ts";
import { scriptOwnershipComment } from "./identity.ts";
import { isSuperuser, statementOf, step, text, texts, verifierOf } from "./step.ts";

/**
 * The steps that create or change the ownership role and the app's roles. Each step reads the catalog and
 * sends only statements that are needed.
 */
export function scriptRoles(
  plan: DatabasePlan,
  { ownershipRole, stack }: Pick<PostgresSpec, "ownershipRole" | "stack">,
): readonly string[] {
  const create = statementOf({ kind: "create-ownership-role", role: ownershipRole });
  return [
    step(create, `NOT ${exists(ownershipRole)}`),
    ...(stack === undefined ? [] : [scriptOwnershipComment(ownershipRole, stack)]),
    ...plan.roles.flatMap(scriptRole),
    scriptAdminMembership(plan.database.owner),
  ];
}

function scriptRole(role: PlannedRole): readonly string[] {
  const { name, key, login, searchPath, connectionLimit } = role;
  const canLogin = login !== "none";
  const wantedPath =
    searchPath.length === 0
      ? "NULL"
      : `array_to_string(ARRAY(SELECT quote_ident(part) FROM unnest(${texts(searchPath)})
  WITH ORDINALITY parts (part, place) ORDER BY place), ', ')`;
  const wrongLogin = canLogin ? "NOT rolcanlogin" : "rolcanlogin";
  // The expiry of a password counts only for a login.
  const wrongExpiry = canLogin ? "rolvaliduntil < 'infinity'" : "false";
  // Where the admin may not change it, the end of the script says so.
  const replicates = role.replication === true;
  const wrongReplication = `(rolreplication = ${String(!replicates)} AND ${mayChange("rolreplication")})`;
  const wrongBypass = `(rolbypassrls AND ${mayChange("rolbypassrls")})`;
  return [
    `-- role ${key}\n\\if :is_superuser`,
    ...scriptPassword(role),
    "\\endif",
    step(statementOf({ kind: "create-role", role, canLogin }), `NOT ${exists(name)}`),
    `SELECT format('ALTER ROLE %I %s', rolname, concat_ws(' ',
    CASE WHEN ${wrongLogin} THEN '${canLogin ? "LOGIN" : "NOLOGIN"}' END, CASE WHEN rolsuper THEN 'NOSUPERUSER' END,
    CASE WHEN rolcreaterole THEN 'NOCREATEROLE' END, CASE WHEN rolcreatedb THEN 'NOCREATEDB' END,
    CASE WHEN ${wrongReplication} THEN '${replicates ? "REPLICATION" : "NOREPLICATION"}' END, CASE WHEN ${wrongBypass} THEN 'NOBYPASSRLS' END,
    CASE WHEN ${wrongExpiry} THEN 'VALID UNTIL ''infinity''' END))
FROM pg_roles WHERE rolname = ${text(name)} AND (${wrongLogin} OR rolsuper OR rolcreaterole
  OR rolcreatedb OR ${wrongReplication} OR ${wrongBypass} OR coalesce(${wrongExpiry}, false))
\\gexec`,
    step(
      statementOf({ kind: "limit-connections", role: name, connectionLimit }),
      `EXISTS (SELECT FROM pg_roles WHERE rolname = ${text(name)} AND rolconnlimit <> ${String(connectionLimit)})`,
    ),
    ...Object.entries(role.settings).map(([setting, value]) =>
      step(
        statementOf({ kind: "set-setting", role: name, name: setting, value }),
        `NOT ${hasSetting("setdatabase = 0 AND pg_get_userbyid(setrole)", name, [setting, value])}`,
      ),
    ),
    ...role.memberOf.map((group) =>
      step(statementOf({ kind: "join", role: name, group }), `NOT ${isMember(name, group)}`),
    ),
    `SELECT format('REVOKE %I FROM %I', pg_get_userbyid(roleid), pg_get_userbyid(member)) ||
  CASE WHEN :'has_options' THEN format(' GRANTED BY %I', pg_get_userbyid(grantor)) ELSE '' END
FROM pg_auth_members
WHERE pg_get_userbyid(member) = ${text(name)} AND pg_get_userbyid(roleid) <> ALL (${texts(role.memberOf)})
\\gexec`,
    // Compared in the form that the catalog has.
    step(
      statementOf({ kind: "set-search-path", role: name, searchPath }),
      `${wantedPath} IS DISTINCT FROM (
  SELECT coalesce(nullif(substr(setting, 13), ''), '""') FROM pg_db_role_setting, unnest(setconfig) setting
  WHERE pg_get_userbyid(setrole) = ${text(name)} AND setdatabase = 0 AND starts_with(setting, 'search_path=')
)`,
    ),
  ];
}

/** Whether the admin role may give and revoke an attribute, by the rule in `rules/roles/attributes.ts`. */
function mayChange(attribute: "rolreplication" | "rolbypassrls"): string {
  return `(SELECT me.rolsuper OR me.${attribute} AND current_setting('server_version_num')::int >= 160000
    FROM pg_roles me WHERE me.rolname = current_user)`;
}

/** The app's roles `r`, with whether their entries state REPLICATION. */
function fromRoles({ roles }: DatabasePlan): string {
  const rows = roles.map(
    ({ name, replication }) => `(${text(name)}, ${String(replication === true)})`,
  );
  return `(VALUES ${rows.join(", ")}) w (name, replicates) JOIN pg_roles r ON r.rolname = w.name`;
}

/** Queries for roles that the admin role may not alter at all. */
export function queryLockedRoles(plan: DatabasePlan): readonly string[] {
  return [
    `SELECT format('role "%s" has %s, and role "%s" may not change such a role', r.rolname, CASE
        WHEN r.rolsuper THEN 'SUPERUSER' WHEN r.rolreplication THEN 'REPLICATION' ELSE 'BYPASSRLS' END, current_user)
      FROM ${fromRoles(plan)}
      WHERE NOT ${isSuperuser}
        AND (r.rolsuper OR (r.rolreplication OR r.rolbypassrls) AND current_setting('server_version_num')::int < 160000)`,
  ];
}

/** Queries for attributes that only a superuser can give or revoke. */
export function queryAttributesForSuperuser(plan: DatabasePlan): readonly string[] {
  const mayReplicate = mayChange("rolreplication");
  const mayBypass = mayChange("rolbypassrls");
  return [
    `SELECT format('ALTER ROLE %I %s', r.rolname, concat_ws(' ',
        CASE WHEN replicates <> rolreplication AND NOT ${mayReplicate}
          THEN CASE WHEN replicates THEN 'REPLICATION' ELSE 'NOREPLICATION' END END,
        CASE WHEN rolbypassrls AND NOT ${mayBypass} THEN 'NOBYPASSRLS' END))
      FROM ${fromRoles(plan)}
      WHERE replicates <> rolreplication AND NOT ${mayReplicate} OR rolbypassrls AND NOT ${mayBypass}`,
  ];
}

/** Only a superuser can compare passwords. Any other admin sets the same verifier, or none, again. */
function scriptPassword(role: PlannedRole): readonly string[] {
  const { name, key } = role;
  if (hasNoPassword(role)) {
    const clear = statementOf({ kind: "clear-password", role: name });
    return [
      `SELECT ${clear}\nFROM pg_authid WHERE rolname = ${text(name)} AND rolpassword IS NOT NULL\n\\gexec`,
      "\\else",
      step(clear, exists(name)),
    ];
  }
  const set = statementOf({ kind: "set-password", role: name, key });
  return [
    `SELECT ${set}\nFROM pg_authid WHERE rolname = ${text(name)} AND rolpassword IS DISTINCT FROM ${verifierOf(key)}
  AND ${verifierOf(key)} IS NOT NULL\n\\gexec`,
    "\\else",
    step(set, `${exists(name)} AND ${verifierOf(key)} IS NOT NULL`),
  ];
}

/** Queries for memberships that the admin role cannot give. The rules are those of `rules/roles/groups.ts`. */
export function queryGroupProblems(plan: DatabasePlan, ownershipRole: string): readonly string[] {
  const groups = otherGroupsOf(plan, ownershipRole);
  if (groups.length === 0) return [];
  const rows = plan.roles.flatMap(({ name, memberOf }) =>
    memberOf
      .filter((group) => groups.includes(group))
      .map((group) => `(${text(name)}, ${text(group)})`),
  );
  return [
    `SELECT format('role "%s" cannot become a member of "%s": %s', member, wanted.name, CASE
        WHEN g.oid IS NULL THEN 'there is no such role' WHEN g.rolsuper THEN 'that is a superuser'
        ELSE format('role "%s" has no ADMIN option on it', current_user) END)
      FROM (VALUES ${rows.join(", ")}) wanted (member, name)
      LEFT JOIN pg_roles g ON g.rolname = wanted.name
      WHERE (g.oid IS NULL OR g.rolsuper OR NOT ${isSuperuser}
          AND current_setting('server_version_num')::int >= 160000
          AND NOT pg_has_role(g.oid, 'MEMBER WITH ADMIN OPTION'))
        AND NOT EXISTS (SELECT FROM pg_auth_members m WHERE m.roleid = g.oid
          AND pg_get_userbyid(m.member) = wanted.member)`,
  ];
}

/** The same rule as `joinAdmin` in `diff/roles.ts`. */
function scriptAdminMembership(owner: string): string {
  const give = (withOptions: boolean): string =>
    statementOf({ kind: "join-admin", role: owner, withOptions });
  return step(
    `CASE WHEN :'has_options' THEN ${give(true)} ELSE ${give(false)} END`,
    `NOT :'is_superuser' AND NOT (pg_has_role(${text(owner)}, 'USAGE')
  AND pg_has_role(${text(owner)}, CASE WHEN :'has_options' THEN 'SET' ELSE 'MEMBER' END))`,
  );
}

export function hasSetting(
  owner: string,
  name: string,
  [setting, value]: readonly [string, string],
): string {
  return `EXISTS (SELECT FROM pg_db_role_setting, unnest(setconfig) s WHERE ${owner} = ${text(name)}
  AND lower(split_part(s, '=', 1)) = ${text(setting)} AND substr(s, strpos(s, '=') + 1) = ${text(value)})`;
}

function exists(role: string): string {
  return `EXISTS (SELECT FROM pg_roles WHERE rolname = ${text(role)})`;
}

function isMember(role: string, group: string): string {
  return `EXISTS (SELECT FROM pg_auth_members WHERE pg_get_userbyid(member) = ${text(role)} AND pg_get_userbyid(roleid) = ${text(group)})`;
}
