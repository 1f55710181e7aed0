import { escapeIdentifier } from "pg";
import type { ExtensionSpec } from "../../config/spec.ts";
import type { LiveAccess } from "../catalog/access.ts";
import type { ServerFacts } from "../catalog/catalog.ts";
import type { LiveExtension } from "../catalog/extensions.ts";
import { type DatabasePlan, PUBLIC_SCHEMA } from "../plan/plan.ts";
import type { AppProblem, ProblemCode } from "../rules/problem.ts";
import type { Action } from "../statements/actions.ts";
import { toStatement } from "../statements/sql.ts";
import type { ContentDecision } from "./content-decision.ts";
import { decidePublications } from "./publications.ts";

/** The role that would create it. */
type Admin = Pick<ServerFacts, "isSuperuser" | "admin">;

/** Whether a plan has more than schema public. Only then the contents of its database must be read. */
export function hasContents(plan: DatabasePlan): boolean {
  return plan.schemas.length > 1 || plan.extensions.length > 0 || plan.publications !== undefined;
}

/** Creates missing schemas and extensions. Nothing is dropped, moved or given another owner. */
export function decideContents(
  plan: DatabasePlan,
  server: Admin,
  access: Pick<LiveAccess, "objects" | "extensions" | "publications">,
): ContentDecision {
  const extensions = plan.extensions.map((extension) =>
    decideExtension(plan, extension, {
      server,
      live: access.extensions.find(({ name }) => name === extension.name),
    }),
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

function decideExtension(
  plan: DatabasePlan,
  wanted: ExtensionSpec,
  found: { readonly server: Admin; readonly live: LiveExtension | undefined },
): ContentDecision {
  const { server, live } = found;
  const none = { actions: [], problems: [], superuser: [] };
  const about = { app: plan.app, at: "extensions" };
  const what = `extension "${wanted.name}"`;
  const problem = live === undefined ? undefined : findProblem(plan, wanted, live);
  if (problem !== undefined) {
    const at = `${what} (berth:apps.${plan.app}.database.extensions)`;
    return { ...none, problems: [{ ...about, ...problem, what: `${at} ${problem.what}` }] };
  }
  const action = toAction(plan, wanted, live);
  if (action === undefined) return none;
  const reason = live === undefined ? undefined : findBlock(live);
  if (reason === undefined || server.isSuperuser) return { ...none, actions: [action] };
  return {
    ...none,
    superuser: [
      {
        code: "extension-needs-superuser",
        ...about,
        what: `${what} ${reason}, and role "${server.admin}" is not a superuser`,
        fix: `as a superuser, in database ${plan.database.name}: ${toStatement(action, () => "")};`,
      },
    ],
  };
}

function findBlock({ needsSuperuser, belongsToOther }: LiveExtension): string | undefined {
  if (needsSuperuser) return "is not trusted: only a superuser can create or update it";
  return belongsToOther ? "is there, and only its owner or a superuser can update it" : undefined;
}

function toAction(
  { database }: DatabasePlan,
  extension: ExtensionSpec,
  live: LiveExtension | undefined,
): Action | undefined {
  const common = { path: "extensions", database: database.name } as const;
  const installed = live?.installedVersion ?? undefined;
  if (installed === undefined) return { kind: "create-extension", ...common, extension };
  const { name, version } = extension;
  if (version === undefined || version === installed) return undefined;
  return { kind: "update-extension", ...common, name, from: installed, version };
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
  if (live.installedSchema !== null) return undefined;
  if (live.fixedSchema !== null && live.fixedSchema !== schema) {
    return {
      code: "extension-elsewhere",
      what: `can only be in schema "${live.fixedSchema}"`,
      fix: `write { name: ${name}, schema: ${live.fixedSchema} }`,
    };
  }
  const earlier = plan.extensions.slice(0, plan.extensions.indexOf(wanted));
  const missing = live.requires.filter((need) => !earlier.some((one) => one.name === need));
  if (missing.length === 0) return undefined;
  const what = `needs ${missing.join(", ")}`;
  return { code: "extension-needs-other", what, fix: "list that before it" };
}
