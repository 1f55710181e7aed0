import { type Client, escapeLiteral, escapeIdentifier as id } from "pg";
import type { SettingsByName } from "../../components/config/schema/postgres/settings.ts";
import { joinFixes } from "../../components/errors.ts";
import { inspectAccess } from "../../components/postgres/catalog/access.ts";
import {
  inspectDatabases,
  type LiveRole,
  type ServerFacts,
} from "../../components/postgres/catalog/catalog.ts";
import {
  inspectSessionPrivileges,
  type SessionRole,
} from "../../components/postgres/catalog/session/session.ts";
import { showValue, toLiveSettings } from "../../components/postgres/catalog/settings.ts";
import { inspectUnlisted } from "../../components/postgres/catalog/unlisted.ts";
import { findUnstated } from "../../components/postgres/diff/unstated.ts";
import type { DatabasePlan, PlannedRole } from "../../components/postgres/plan/plan.ts";
import {
  listUnstated,
  toRevokeAttributes,
} from "../../components/postgres/rules/roles/attributes.ts";
import { toStatement } from "../../components/postgres/statements/sql.ts";
import { when } from "../../components/when.ts";
import { type Check, runUp, toCheck, toWarning, type VerifyContext, type Wrong } from "./check.ts";
import {
  type CheckedRole,
  describeDeviations,
  findDeviations,
  toFixes,
} from "./expect-privileges.ts";

/** Attributes of a role, read in its own session or by the admin. Only its own session has `mayBecome`. */
type Attributes = Pick<LiveRole, keyof LiveRole & keyof SessionRole> &
  Partial<Pick<SessionRole, "mayBecome">>;

export function verifyAttributes(
  planned: PlannedRole,
  found: Attributes,
  { spec, server }: Pick<VerifyContext, "spec" | "server">,
): Check[] {
  const { ownershipRole } = spec.postgres;
  return [
    verifyPowers(planned, found, ownershipRole),
    verifyMemberships(planned, found, server),
    ...verifySettings(planned.name, planned.settings, found.settings),
  ];
}

/** Checks that the database has the settings of its entry, in the owner's session. It may have others. */
export function verifyDatabaseSettings(
  { database }: DatabasePlan,
  { profile }: Pick<PlannedRole, "profile">,
  { databaseSettings }: SessionRole,
): Check[] {
  if (profile !== "owner") return [];
  return verifySettings(`database ${database.name}`, database.settings, databaseSettings);
}

function verifySettings(name: string, wanted: SettingsByName, live: readonly string[]): Check[] {
  const names = Object.keys(wanted);
  if (names.length === 0) return [];
  const found = toLiveSettings(live);
  const wrong = names
    .filter((one) => found.get(one) !== wanted[one])
    .map((one) => {
      const value = found.get(one);
      const is = value === undefined ? "not set" : showValue(one, value);
      return { what: `${one} is ${is} instead of ${wanted[one] ?? ""}`, fix: runUp };
    });
  return [toCheck(`${name}: settings`, names.join(", "), wrong)];
}

function verifyPowers(planned: PlannedRole, found: Attributes, ownershipRole: string): Check {
  const { name } = planned;
  const attributes = listUnstated(found, planned);
  const { mayBecome = [] } = found;
  const limit = String(found.connectionLimit);
  const wrong: readonly Wrong[] = [
    ...when(attributes.length > 0, {
      what: attributes.join(", "),
      fix: `as a superuser run: ${toRevokeAttributes(name, attributes)}`,
    }),
    ...when(planned.replication === true && !found.canReplicate, {
      what: "no REPLICATION, which its entry states",
      fix: runUp,
    }),
    ...when(found.expires && planned.login === "always", {
      what: "a password that expires (VALID UNTIL)",
      fix: runUp,
    }),
    ...when(!found.isSuperuser && mayBecome.length > 0, {
      what: `the attributes of ${mayBecome.join(", ")}, which it is a member of`,
      fix: joinFixes(...mayBecome.map((group) => endOf(group, planned, found, ownershipRole))),
    }),
    ...when(found.connectionLimit !== planned.connectionLimit, {
      what: `connection limit ${limit} instead of ${String(planned.connectionLimit)}`,
      fix: runUp,
    }),
  ];
  const check = toCheck(`${name}: is not a superuser`, "no special attribute", wrong);
  return check.ok
    ? check
    : { ...check, detail: `it has ${wrong.map(({ what }) => what).join(", ")}` };
}

/** Ends a role's way to the attributes of a group. */
function endOf(
  group: string,
  { name }: PlannedRole,
  { memberOf }: Attributes,
  ownershipRole: string,
): string {
  if (group === ownershipRole) {
    const all = ["SUPERUSER", "CREATEROLE", "CREATEDB", "REPLICATION", "BYPASSRLS"];
    return `as a superuser run: ${toRevokeAttributes(group, all)}`;
  }
  if (memberOf.includes(group)) {
    return `as a superuser run: REVOKE ${id(group)} FROM ${id(name)}; and where the entry lists it, take it out of memberOf`;
  }
  return `find the membership that leads to "${group}", and revoke it: SELECT roleid::regrole, member::regrole FROM pg_auth_members WHERE roleid = ${escapeLiteral(id(group))}::regrole`;
}

function verifyMemberships(
  planned: PlannedRole,
  found: Attributes,
  { versionNumber }: ServerFacts,
): Check {
  const { name: role } = planned;
  const revoke = (group: string, by: string): string => {
    const grantor = versionNumber < 160_000 ? undefined : by;
    const action = { kind: "leave", path: "", role, group, grantor } as const;
    return `as a superuser run: ${toStatement(action, () => "")}`;
  };
  const more = found.memberOf.filter((group) => !planned.memberOf.includes(group));
  const less = planned.memberOf.filter((group) => !found.memberOf.includes(group));
  return toCheck(`${planned.name}: memberships`, planned.memberOf.join(", "), [
    ...more.map((group) => ({
      what: `it is a member of ${group}, which its entry does not list`,
      fix: joinFixes(
        ...found.memberships
          .filter((one) => one.group === group)
          .map(({ grantor }) => revoke(group, grantor)),
      ),
    })),
    ...less.map((group) => ({ what: `it is not a member of ${group}`, fix: runUp })),
  ]);
}

/** Checks that the role has exactly the planned privileges on every object of its database. */
export async function verifyPrivileges(
  client: Client,
  plan: DatabasePlan,
  role: CheckedRole,
  server: ServerFacts,
): Promise<Check> {
  const { guests } = plan.database;
  const live = await inspectSessionPrivileges(client, plan.schemas, {
    guests,
    groups: role.groups,
  });
  const deviations = findDeviations(plan, role, live);
  const name = `${role.name}: privileges in ${plan.database.name}`;
  if (deviations.length === 0) {
    const objects = String(new Set(live.map((one) => one.name)).size);
    return { name, ok: true, detail: `as its entry says (${role.profile}), on ${objects} objects` };
  }
  const access = await inspectAccess(client, plan, role.memberOf);
  const databases = await inspectDatabases(client, [plan.database.name]);
  const database = databases.get(plan.database.name);
  const fixes =
    database === undefined
      ? [runUp]
      : toFixes(plan, role, deviations, { access, database, server });
  const detail = describeDeviations(plan.database.name, deviations);
  return { name, ok: false, detail, fix: joinFixes(...fixes) };
}

/** Warns of what others made and the entry does not state. The same decision as that of a refresh. */
export async function verifyUnstated(
  client: Client,
  plan: DatabasePlan,
  { catalog, spec }: VerifyContext,
): Promise<Check[]> {
  const access = await inspectAccess(client, plan, []);
  const unlisted = await inspectUnlisted(client, plan);
  const { ownershipRole } = spec.postgres;
  const found = findUnstated(plan, { catalog, access, unlisted }, ownershipRole);
  const name = `${plan.database.name}: holds only what the entry states`;
  if (found.length === 0) return [{ name, ok: true, detail: "nothing else was found" }];
  return found.map(({ what, fix }) => toWarning(name, what, fix));
}
