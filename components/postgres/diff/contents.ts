import { escapeIdentifier } from "pg";
import type { ExtensionSpec } from "../../config/spec.ts";
import type { LiveAccess } from "../catalog/access.ts";
import type { LiveExtension } from "../catalog/extensions.ts";
import { type DatabasePlan, PUBLIC_SCHEMA } from "../plan/plan.ts";
import type { AppProblem, ProblemCode } from "../rules/problem.ts";
import type { Action } from "../statements/actions.ts";
import { showStatement } from "../statements/sql.ts";
import { type Admin, type ContentDecision, nothing } from "./content-decision.ts";
import { decidePublications } from "./publications.ts";

/** Whether a plan has more than schema public. Only then the contents of its database must be read. */
export function hasContents(plan: DatabasePlan): boolean {
  return plan.schemas.length > 1 || plan.extensions.length > 0 || plan.publications !== undefined;
}

/**
 * Creates missing schemas and extensions. Nothing is dropped or moved, and nothing but the functions of an extension
 * is given another owner, if the entry says so.
 */
export function decideContents(
  plan: DatabasePlan,
  server: Admin,
  access: Pick<LiveAccess, "objects" | "extensions" | "publications">,
): ContentDecision {
  const extensions = listExtensions(plan, access.extensions).map((listed) =>
    decideExtension(plan, server, listed),
  );
  const publications = decidePublications(plan, server, access);
  const all = [decideSchemas(plan, access), ...extensions, ...publications];
  return {
    actions: all.flatMap(({ actions }) => actions),
    problems: all.flatMap(({ problems }) => problems),
    superuser: all.flatMap(({ superuser }) => superuser),
  };
}

function decideSchemas(plan: DatabasePlan, { objects }: Pick<LiveAccess, "objects">) {
  const { owner, name: database } = plan.database;
  const actions: Action[] = [];
  const problems: AppProblem[] = [];
  for (const schema of plan.schemas.filter((name) => name !== PUBLIC_SCHEMA)) {
    const live = objects.find((object) => object.type === "schema" && object.schema === schema);
    if (live === undefined) {
      actions.push({ kind: "create-schema", path: "schemas", database, schema, owner });
    } else if (live.owner !== owner) {
      problems.push({
        code: "schema-other-owner",
        app: plan.app,
        at: "schemas",
        what: `schema "${schema}" in database "${database}" belongs to role "${live.owner}", not to "${owner}"; Berth never changes an owner`,
        fix: `take it out of berth:apps.${plan.app}.database.schemas, or give it another name`,
      });
    }
  }
  return { actions, problems, superuser: [] };
}

/** A wanted extension, or one that it needs. */
interface Listed {
  readonly wanted: ExtensionSpec;
  /** undefined = the server was not asked, and is taken to have it. */
  readonly live: LiveExtension | undefined;
}

/** Each comes after those that it needs. */
function listExtensions(
  { extensions }: DatabasePlan,
  found: readonly LiveExtension[],
): readonly Listed[] {
  const listed = found.flatMap((live): Listed[] => {
    const { name, schema, isWanted } = live;
    const wanted = extensions.find((one) => one.name === name);
    if (wanted !== undefined) return [{ wanted, live }];
    return isWanted ? [] : [{ wanted: { name, schema }, live }];
  });
  const unread = extensions.filter(({ name }) => !found.some((live) => live.name === name));
  return [...listed, ...unread.map((wanted) => ({ wanted, live: undefined }))];
}

function decideExtension(plan: DatabasePlan, server: Admin, listed: Listed): ContentDecision {
  const { wanted, live } = listed;
  const about = { app: plan.app, at: "extensions" };
  const what = `extension "${wanted.name}"`;
  const problem = live === undefined ? undefined : findProblem(plan, wanted, live);
  if (problem !== undefined) {
    const needed = live?.isWanted === false ? "needed by one of " : "";
    const at = `${what} (${needed}berth:apps.${plan.app}.database.extensions)`;
    return { ...nothing, problems: [{ ...about, ...problem, what: `${at} ${problem.what}` }] };
  }
  const block = live === undefined ? undefined : findBlock(live);
  const others = "has functions that belong to others";
  const actions = [
    ...makeExtension(plan, listed).map((action) => ({ action, reason: block })),
    ...handOver(plan, listed).map((action) => ({ action, reason: others })),
  ];
  const isFree = (one: (typeof actions)[number]): boolean =>
    server.isSuperuser || one.reason === undefined;
  return {
    ...nothing,
    actions: actions.filter(isFree).map(({ action }) => action),
    superuser: actions
      .filter((one) => !isFree(one))
      .map(({ action, reason = "" }) => ({
        code: "extension-needs-superuser",
        ...about,
        what: `${what} ${reason}, and role "${server.admin}" is not a superuser`,
        fix: `as a superuser, in database ${plan.database.name}: ${showStatement(action)};`,
      })),
  };
}

function findBlock(live: LiveExtension): string | undefined {
  if (live.needsSuperuser) {
    return live.isTrusted
      ? "needs an extension that is not trusted: only a superuser can create that"
      : "is not trusted: only a superuser can create or update it";
  }
  return live.belongsToOther
    ? "is there, and only its owner or a superuser can update it"
    : undefined;
}

/** The owner of the database creates what it may create, and so may update it. */
function makeExtension(
  { database }: DatabasePlan,
  { wanted: extension, live }: Listed,
): readonly Action[] {
  const common = { path: "extensions", database: database.name } as const;
  const installed = live?.installedVersion ?? undefined;
  if (installed === undefined) {
    const as = live?.isTrusted === true ? database.owner : undefined;
    return [{ kind: "create-extension", ...common, extension, as }];
  }
  const { name, version } = extension;
  if (version === undefined || version === installed) return [];
  return [{ kind: "update-extension", ...common, name, from: installed, version }];
}

/** What a new extension brings, or an update, belongs to others at first. */
function handOver({ database }: DatabasePlan, { wanted, live }: Listed): readonly Action[] {
  const { name: extension, functions, version } = wanted;
  if (functions !== "owner") return [];
  const installed = live?.installedVersion ?? undefined;
  const isSettled = installed !== undefined && [undefined, installed].includes(version);
  if (isSettled && live?.keepsFunctions !== true) return [];
  const { name, owner } = database;
  return [{ kind: "hand-over-functions", path: "extensions", database: name, extension, owner }];
}

function findProblem(
  plan: DatabasePlan,
  wanted: ExtensionSpec,
  live: LiveExtension,
): { readonly code: ProblemCode; readonly what: string; readonly fix: string } | undefined {
  const { name, schema, version } = wanted;
  if (live.installedSchema !== null) {
    if (live.installedSchema !== schema) {
      return {
        code: "extension-elsewhere",
        what: `is in schema "${live.installedSchema}", not in "${schema}"; Berth does not move it`,
        fix: `write { name: ${name}, schema: ${live.installedSchema} }, or as its owner, in database ${plan.database.name}: ALTER EXTENSION ${escapeIdentifier(name)} SET SCHEMA ${escapeIdentifier(schema)}`,
      };
    }
    if (version === undefined || version === live.installedVersion) return undefined;
  }
  if (!live.isAvailable) {
    return {
      code: "extension-unavailable",
      what: "is not on the server",
      fix: "install the package that has it where Postgres runs, or look at: SELECT name FROM pg_available_extensions",
    };
  }
  if (!live.hasVersion) {
    return {
      code: "extension-unavailable",
      what: `is not there in version ${version ?? "(default)"}`,
      fix: `look at: SELECT version FROM pg_available_extension_versions WHERE name = '${name}'`,
    };
  }
  if (live.installedSchema === null && live.fixedSchema !== null && live.fixedSchema !== schema) {
    return {
      code: "extension-elsewhere",
      what: `can only be in schema "${live.fixedSchema}"`,
      fix: `write { name: ${name}, schema: ${live.fixedSchema} }`,
    };
  }
  return undefined;
}
