import type { Client } from "pg";
import type { SettingsByName } from "../../components/config/schema/settings.ts";
import type { AppSpec } from "../../components/config/spec.ts";
import { describeWhat } from "../../components/errors.ts";
import { inspectAccess } from "../../components/postgres/catalog/access.ts";
import {
  inspectSessionPrivileges,
  type LiveRole,
  type SessionRole,
  toLiveSettings,
} from "../../components/postgres/catalog/catalog.ts";
import { decideContents, hasContents } from "../../components/postgres/diff/contents.ts";
import type { DatabasePlan, PlannedRole } from "../../components/postgres/plan/plan.ts";
import { describeAction } from "../../components/postgres/statements/actions.ts";
import type { Check, VerifyContext } from "./check.ts";
import { type CheckedRole, describeDeviations, findDeviations } from "./expect-privileges.ts";

/** Attributes of a role, read in its own session or by the admin. Only its own session has `mayBecome`. */
type Attributes = Pick<LiveRole, keyof LiveRole & keyof SessionRole> &
  Partial<Pick<SessionRole, "mayBecome">>;

/** Checks that the role has the attributes and memberships of its plan. */
export function verifyAttributes(planned: PlannedRole, found: Attributes): Check[] {
  return [
    verifyPowers(planned, found),
    verifyMemberships(planned, found),
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
    .map((one) => `${one} is ${found.get(one) ?? "not set"} instead of ${wanted[one] ?? ""}`);
  const ok = wrong.length === 0;
  return [{ name: `${name}: settings`, ok, detail: ok ? names.join(", ") : wrong.join("; ") }];
}

function verifyPowers(planned: PlannedRole, found: Attributes): Check {
  const { mayBecome = [] } = found;
  const powers = [
    ...(found.isSuperuser ? ["SUPERUSER"] : []),
    ...(found.canCreateRole ? ["CREATEROLE"] : []),
    ...(found.canCreateDatabase ? ["CREATEDB"] : []),
    ...(found.canReplicate ? ["REPLICATION"] : []),
    ...(found.bypassesRls ? ["BYPASSRLS"] : []),
    ...(found.isSuperuser || mayBecome.length === 0
      ? []
      : [`the attributes of ${mayBecome.join(", ")}, which it is a member of`]),
    ...(found.connectionLimit === planned.connectionLimit
      ? []
      : [
          `connection limit ${String(found.connectionLimit)} instead of ${String(planned.connectionLimit)}`,
        ]),
  ];
  return {
    name: `${planned.name}: is not a superuser`,
    ok: powers.length === 0,
    detail: powers.length === 0 ? "no special attribute" : `it has ${powers.join(", ")}`,
  };
}

function verifyMemberships(planned: PlannedRole, found: Attributes): Check {
  const more = found.memberOf.filter((group) => !planned.memberOf.includes(group));
  const less = planned.memberOf.filter((group) => !found.memberOf.includes(group));
  const problems = [
    ...more.map((group) => `it is a member of ${group}, which its entry does not list`),
    ...less.map((group) => `it is not a member of ${group}`),
  ];
  return {
    name: `${planned.name}: memberships`,
    ok: problems.length === 0,
    detail: problems.length === 0 ? planned.memberOf.join(", ") : problems.join("; "),
  };
}

/** Checks that the role has exactly the planned privileges on every object of its database. */
export async function verifyPrivileges(
  client: Client,
  plan: DatabasePlan,
  role: CheckedRole,
): Promise<Check> {
  const live = await inspectSessionPrivileges(client, plan.schemas, role.groups);
  const deviations = findDeviations(plan, role, live);
  return {
    name: `${role.name}: privileges in ${plan.database.name}`,
    ok: deviations.length === 0,
    detail:
      deviations.length === 0
        ? `as its entry says (${role.profile}), on ${String(new Set(live.map((one) => one.name)).size)} objects`
        : describeDeviations(plan.database.name, deviations),
  };
}

/** Checks that the schemas and extensions of the entry exist, in the owner's session. */
export async function verifyContents(client: Client, plan: DatabasePlan): Promise<Check[]> {
  if (!hasContents(plan)) return [];
  const access = await inspectAccess(client, plan, []);
  // As for a superuser, so that everything missing is found, whoever has to create it.
  const { actions, problems } = decideContents(plan, { isSuperuser: true, admin: "" }, access);
  const wrong = [
    ...problems.map(describeWhat),
    ...actions.map((action) => `not yet: ${describeAction(action)}`),
  ];
  const listed = [...plan.schemas, ...plan.extensions.map(({ name }) => name)];
  return [
    {
      name: `${plan.database.name}: schemas and extensions`,
      ok: wrong.length === 0,
      detail: wrong.length === 0 ? listed.join(", ") : wrong.join("; "),
    },
  ];
}

/** Checks that the role cannot connect to the databases of other apps, except as a member of a group of its entry. */
export function verifyIsolation(
  app: AppSpec,
  role: Pick<PlannedRole, "name">,
  found: SessionRole,
  { spec }: VerifyContext,
): Check {
  const others = spec.apps.filter((other) => other !== app).map(({ database }) => database);
  // If a database keeps CONNECT for PUBLIC, the role has it, too; but it must not have its own grant.
  const mayEnter = ({ name, revokePublic }: (typeof others)[number]): boolean =>
    (revokePublic ? found.mayEnter : found.mayEnterItself).includes(name);
  const isStated = ({ name }: (typeof others)[number]): boolean =>
    found.mayEnterAsMember.includes(name);
  const stated = others.filter(isStated).map(({ name }) => name);
  const rest = others.filter((database) => !isStated(database));
  const open = rest.filter(mayEnter).map(({ name }) => name);
  const closed = rest.filter(({ revokePublic }) => revokePublic).map(({ name }) => name);
  const beside =
    stated.length === 0 ? "" : `; as its memberOf says, CONNECT on ${stated.join(", ")}`;
  return {
    name: `${role.name}: cannot connect to other apps' databases`,
    ok: open.length === 0,
    detail:
      open.length === 0
        ? `no CONNECT on ${closed.join(", ") || "any other app's database"}${beside}`
        : `it has CONNECT on ${open.join(", ")}`,
  };
}
