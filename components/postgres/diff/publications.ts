import { escapeIdentifier as id } from "pg";
import type { PublicationSpec } from "../../config/spec.ts";
import { when } from "../../when.ts";
import type { LiveAccess } from "../catalog/access.ts";
import { type LivePublication, type TableName, withoutTables } from "../catalog/publications.ts";
import type { DatabasePlan } from "../plan/plan.ts";
import type { AppProblem } from "../rules/problem.ts";
import type { Action } from "../statements/actions.ts";
import { showStatement, tableList } from "../statements/sql.ts";
import { type Admin, type ContentDecision, nothing } from "./content-decision.ts";

type PublicationAction = Extract<Action, { readonly kind: `${string}-publication` }>;

/** Creates missing publications, and adds tables to them. Nothing is dropped or taken out. Pure. */
export function decidePublications(
  plan: DatabasePlan,
  server: Admin,
  access: Pick<LiveAccess, "publications">,
): readonly ContentDecision[] {
  const { live = [], tables = [] } = access.publications ?? {};
  return (plan.publications ?? []).map((wanted) => {
    const found = live.find(({ name }) => name === wanted.name);
    const problem = found && findOtherKind(plan, wanted, found);
    if (problem !== undefined) return { ...nothing, problems: [problem] };
    const action = toAction(plan, wanted, found, tables);
    if (action === undefined) return nothing;
    const mayDo =
      server.isSuperuser ||
      (wanted.tables !== "all" &&
        [undefined, server.admin, plan.database.owner].includes(found?.owner));
    if (mayDo) return { ...nothing, actions: [action] };
    return { ...nothing, superuser: [leaveToSuperuser(plan, action, server)] };
  });
}

/** What publications hold that the entry does not list, and tables that it lists and nobody has made. Pure. */
export function findUnlistedTables(
  { app, database, publications = [] }: DatabasePlan,
  access: Pick<LiveAccess, "publications">,
): AppProblem[] {
  const { live = [], tables = [] } = access.publications ?? {};
  return publications.flatMap(({ name, tables: wanted }): AppProblem[] => {
    if (wanted === "all") return [];
    const about = { app, at: "publications" };
    const path = `berth:apps.${app}.database.publications.${name}`;
    const found = live.find((one) => one.name === name);
    const more = withoutTables(found?.tables ?? [], wanted);
    const missing = withoutTables(wanted, tables);
    return [
      ...when(more.length > 0, {
        code: "publication-unlisted" as const,
        ...about,
        what: `publication "${name}" in database "${database.name}" has ${tableList(more)}, which the entry does not list`,
        fix: `as a superuser, in database ${database.name}: ALTER PUBLICATION ${id(name)} DROP TABLE ${tableList(more)}; or, to keep that, add it to ${path}`,
      }),
      ...when(missing.length > 0, {
        code: "object-missing" as const,
        ...about,
        what: `${path} names ${tableList(missing)}, which database "${database.name}" does not have as a table of role "${database.owner}"`,
        fix: "correct the name; or, if the app has yet to make it, run pulumi up once more after that",
      }),
    ];
  });
}

function toAction(
  { database }: DatabasePlan,
  wanted: PublicationSpec,
  found: LivePublication | undefined,
  present: readonly TableName[],
): PublicationAction | undefined {
  const common = { path: "publications", database: database.name, name: wanted.name } as const;
  if (wanted.tables === "all") {
    if (found !== undefined) return undefined;
    return { kind: "create-publication", ...common, tables: "all", owner: undefined };
  }
  const tables = withoutTables(wanted.tables, withoutTables(wanted.tables, present));
  if (found === undefined) {
    return { kind: "create-publication", ...common, tables, owner: database.owner };
  }
  const missing = withoutTables(tables, found.tables);
  if (missing.length === 0) return undefined;
  return { kind: "extend-publication", ...common, tables: missing };
}

/** Postgres changes no publication of all tables into one of some, nor back. */
function findOtherKind(
  { app, database }: DatabasePlan,
  { name, tables }: PublicationSpec,
  { isForAll }: LivePublication,
): AppProblem | undefined {
  if (isForAll === (tables === "all")) return undefined;
  const is = isForAll ? "is for all tables" : "is for single tables";
  const drop = `as a superuser, in database ${database.name}: DROP PUBLICATION ${id(name)}`;
  const keep = isForAll
    ? `set berth:apps.${app}.database.publications.${name} to all`
    : `list its tables in berth:apps.${app}.database.publications.${name}`;
  return {
    code: "publication-differs",
    app,
    at: "publications",
    what: `publication "${name}" in database "${database.name}" ${is}, which cannot change`,
    fix: `${keep}; or, when nobody reads from it, ${drop}`,
  };
}

function leaveToSuperuser(
  { app, database }: DatabasePlan,
  action: PublicationAction,
  { admin }: Admin,
): AppProblem {
  const what =
    action.tables === "all"
      ? "a publication of all tables needs a superuser"
      : "it belongs to another role";
  return {
    code: "publication-needs-superuser",
    app,
    at: "publications",
    what: `publication "${action.name}" in database "${database.name}": ${what}, and role "${admin}" is none`,
    fix: `as a superuser, in database ${database.name}: ${showStatement(action)};`,
  };
}
