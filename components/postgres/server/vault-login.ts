import { type Client, escapeIdentifier } from "pg";
import type { PostgresSpec } from "../../config/spec/postgres.ts";
import { type Problem, toOneError } from "../../errors.ts";
import { type Catalog, inspectRoles, type LiveRole } from "../catalog/catalog.ts";
import type { VaultGrant } from "../plan/vault-grant.ts";
import type { Action } from "../statements/actions.ts";
import type { Session } from "./pool.ts";
import { type PostgresServer, workWithoutPasswords } from "./postgres-server.ts";
import { requireOurRoles } from "./require-our-roles.ts";

const path = "roles.owner.vault";

/** What a run does about a GRANT, or why it cannot. */
interface VaultGrantDecision {
  readonly problems: readonly Problem[];
  readonly actions: readonly Action[];
  /** Whether the login may make members of the owner now. */
  readonly isMember: boolean;
}

export function decideVaultGrant(
  grant: VaultGrant,
  { server, roles }: Pick<Catalog, "server" | "roles">,
  { ownershipRole }: Pick<PostgresSpec, "ownershipRole">,
): VaultGrantDecision {
  const { login, owner } = grant;
  const live = roles.get(login);
  const hasOptions = server.versionNumber >= 160_000;
  const found = live?.memberships.filter(({ group, isAdmin }) => group === owner && isAdmin) ?? [];
  const isFull = found.some(({ inherits, maySetRole }) => inherits && maySetRole);
  const isOwn = login === server.admin || live?.memberOf.includes(ownershipRole) === true;
  const problems = findLoginProblems(grant, live, isOwn);
  const isMember = found.length > 0;
  if (isFull || problems.length > 0) return { problems, actions: [], isMember };
  const admin = { withOptions: hasOptions };
  const join: Action = { kind: "join", path, role: login, group: owner, admin };
  return { problems, actions: [join], isMember };
}

function findLoginProblems(
  { app, login }: VaultGrant,
  live: LiveRole | undefined,
  isOwn: boolean,
): readonly Problem[] {
  const about = { app, at: path };
  const what = `role "${login}", Vault's own login to Postgres`;
  if (isOwn) {
    return [
      {
        ...about,
        code: "vault-login-is-ours",
        what: `${what}, is Berth's admin or a role of an app`,
        fix: "make a role for Vault alone, and name it under berth:secrets.vault.manage.database",
      },
    ];
  }
  const id = escapeIdentifier(login);
  if (live === undefined) {
    return [
      {
        ...about,
        code: "vault-login-missing",
        what: `${what}, does not exist`,
        fix: `as the admin: CREATE ROLE ${id} LOGIN CREATEROLE; then give it the password of its item: \\password ${id}`,
      },
    ];
  }
  const { canLogin, canCreateRole, isSuperuser, inherits } = live;
  const lacking = [
    ...(canLogin ? [] : ["LOGIN"]),
    ...(canCreateRole || isSuperuser ? [] : ["CREATEROLE"]),
    // Otherwise it may not give what its logins own to the owner.
    ...(inherits !== false || isSuperuser ? [] : ["INHERIT"]),
  ].join(" ");
  if (lacking === "") return [];
  return [
    {
      ...about,
      code: "vault-login-lacks",
      what: `${what}, lacks ${lacking}`,
      fix: `as a superuser: ALTER ROLE ${id} ${lacking}`,
    },
  ];
}

/** Grants what is missing. A role that the stack did not make is not touched. */
export async function grantToVault(server: PostgresServer, grant: VaultGrant): Promise<void> {
  await writeRoles(server, async (session) => {
    const roles = await inspectRoles(session.client, [grant.login, grant.owner]);
    const facts = { server: session.server, roles };
    const { problems, actions } = decideVaultGrant(grant, facts, server.config);
    const missing = roles.has(grant.owner) ? [] : [describeMissing(grant)];
    if (problems.length + missing.length > 0) {
      throw toOneError("Postgres", [...problems, ...missing]);
    }
    await run(server, session, grant, actions);
  });
}

/**
 * Takes back what {@link grantToVault} granted. Not while Vault's logins are there, because it could not drop them
 * any more. Returns what was left, and why.
 */
export async function revokeFromVault(
  server: PostgresServer,
  grant: VaultGrant,
): Promise<readonly string[]> {
  const { app, login, owner } = grant;
  return await writeRoles(server, async (session) => {
    const { client, server: live } = session;
    const { ownershipRole } = server.config;
    const roles = await inspectRoles(client, [login, owner]);
    const member = roles.get(login)?.memberships.filter(({ group }) => group === owner) ?? [];
    if (member.length === 0) return [];
    const stays = `app ${app}: role "${login}" stays a member of "${owner}"`;
    if (roles.get(owner)?.memberOf.includes(ownershipRole) !== true) {
      return [`${stays}, which is not this stack's`];
    }
    const logins = await inspectVaultLogins(client, { owner, ownershipRole });
    if (logins.length > 0) throw toOneError("Postgres", [describeLogins(grant, logins)]);
    const mayRevoke = ({ grantor }: { readonly grantor: string }): boolean =>
      live.isSuperuser || live.versionNumber < 160_000 || grantor === live.admin;
    const [mine, others] = [member.filter(mayRevoke), member.filter((one) => !mayRevoke(one))];
    const hasGrantors = live.versionNumber >= 160_000;
    const actions = mine.map(({ grantor: by }): Action => {
      const grantor = hasGrantors ? by : undefined;
      return { kind: "leave", path, role: login, group: owner, grantor };
    });
    await run(server, session, grant, actions);
    return others.map(({ grantor }) => `${stays}, as role "${grantor}" granted`);
  });
}

/** Logins that Vault made for an owner: members that act as it, and that are no role of the stack. */
async function inspectVaultLogins(
  client: Client,
  { owner, ownershipRole }: { readonly owner: string; readonly ownershipRole: string },
): Promise<readonly string[]> {
  const { rows } = await client.query<{ name: string }>(
    `select distinct r.rolname::text as name
     from pg_catalog.pg_auth_members m
     join pg_catalog.pg_roles r on r.oid = m.member
     join pg_catalog.pg_roles o on o.oid = m.roleid
     where o.rolname = $1 and 'role=' || $1 = any (r.rolconfig)
       and not exists (
         select from pg_catalog.pg_auth_members own
         join pg_catalog.pg_roles mark on mark.oid = own.roleid
         where own.member = r.oid and mark.rolname = $2
       )
     order by 1`,
    [owner, ownershipRole],
  );
  return rows.map(({ name }) => name);
}

function describeMissing({ app, owner }: VaultGrant): Problem {
  return {
    code: "vault-owner-missing",
    app,
    at: path,
    what: `role "${owner}", which owns its database, is not there yet`,
    fix: "run pulumi up again when it is; with provisioner: job the app's Job makes it",
  };
}

function describeLogins({ app, owner }: VaultGrant, logins: readonly string[]): Problem {
  return {
    code: "vault-logins-left",
    app,
    at: path,
    what: `Vault's logins are still members of role "${owner}", and without its own membership Vault cannot drop them: ${logins.join(", ")}`,
    fix: "end their leases with vault lease revoke -prefix and the path that the app reads, such as postgres/creds/wiki; then run the same command again",
  };
}

function writeRoles<T>(server: PostgresServer, use: (session: Session) => Promise<T>): Promise<T> {
  return server.write(() => server.withMaintenance(use));
}

function run(
  server: PostgresServer,
  session: Session,
  { app, owner }: VaultGrant,
  actions: readonly Action[],
): Promise<void> {
  return server.runTogether(session, actions, workWithoutPasswords(app, owner), () =>
    requireOurRoles(session, [owner], server.config),
  );
}
