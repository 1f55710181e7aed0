import type { LiveInside, LiveObject } from "../../catalog/access.ts";
import type { ServerFacts } from "../../catalog/catalog.ts";
import { type DatabasePlan, PUBLIC, PUBLIC_SCHEMA } from "../../plan/plan.ts";
import type { AppProblem } from "../../rules/problem.ts";
import type { Action, Securable } from "../../statements/actions.ts";
import { inNameOf, showStatement } from "../../statements/sql.ts";
import { compare, grantedTo } from "./privileges.ts";
import type { WantedPrivileges } from "./wanted.ts";

/** What is not the app's in a database: a schema public of another owner, or none, and objects of others. */

export function mayGrantOn(object: LiveObject, plan: DatabasePlan, server: ServerFacts): boolean {
  if (object.owner === plan.database.owner || object.owner === "pg_database_owner") return true;
  // Before 15 schema public belongs to the superuser; PUBLIC has USAGE on it already.
  return object.type === "schema" && object.schema === PUBLIC_SCHEMA && server.isSuperuser;
}

/** Before 15 every role may create tables in schema public. The same holds in a database restored from there. */
export function closePublicSchema(
  plan: DatabasePlan,
  live: LiveInside,
): { readonly actions: readonly Action[]; readonly notes: readonly string[] } {
  const schema = live.access.objects.find(
    (object) => object.type === "schema" && object.schema === PUBLIC_SCHEMA,
  );
  if (schema === undefined) return { actions: [], notes: [] };
  const { owner, name } = plan.database;
  const revoke = "REVOKE CREATE ON SCHEMA public FROM PUBLIC";
  const byOthers = (schema.others ?? [])
    .filter(({ grantee, privilege }) => grantee === PUBLIC && privilege === "CREATE")
    .map(({ grantor }) => inNameOf(grantor, [revoke]));
  const isGiven = schema.privileges.includes(`${PUBLIC}=CREATE`);
  const isOurs = mayGrantOn(schema, plan, live.server);
  const byOwner =
    isGiven && !isOurs ? [`GRANT USAGE, CREATE ON SCHEMA public TO "${owner}"; ${revoke};`] : [];
  const statements = [...byOwner, ...byOthers];
  return {
    actions: isGiven && isOurs ? closeSchema(plan, schema) : [],
    notes:
      statements.length === 0
        ? []
        : [
            `in database ${name} every role that may enter it may make tables in schema public, and only a superuser can end that: ${statements.join(" ")}`,
          ],
  };
}

function closeSchema({ database }: DatabasePlan, schema: LiveObject): readonly Action[] {
  const { owner } = database;
  const path = "database.revokePublic";
  const on: Securable = { type: "schema", schema: "public" };
  const ownsSchema = schema.owner === owner || schema.owner === "pg_database_owner";
  return [
    ...(ownsSchema
      ? []
      : [{ kind: "grant", path, on, grantee: owner, privileges: ["CREATE", "USAGE"] } as const]),
    { kind: "revoke", path, on, grantee: PUBLIC, privileges: ["CREATE"] },
  ];
}

/** Berth does not create schema public: every database starts with one, so somebody dropped it on purpose. */
export function noteLostSchema({ database, grants }: DatabasePlan): string[] {
  if (!grants.some(({ on }) => on.type === "schema" && on.schema === PUBLIC_SCHEMA)) return [];
  return [
    `in database ${database.name} there is no schema public, so the app's other roles get nothing in it. To have it again, as ${database.owner}, in that database: CREATE SCHEMA public`,
  ];
}

/** Privileges that the app's roles need in schemas of other owners, and do not have, not even through PUBLIC. */
export function findClosedSchemas(
  plan: DatabasePlan,
  requests: readonly WantedPrivileges[],
  live: LiveInside,
): AppProblem[] {
  const foreign = live.access.objects.filter(
    (object) => object.type === "schema" && !mayGrantOn(object, plan, live.server),
  );
  return foreign.flatMap(({ schema, owner, privileges, others = [] }) => {
    const grants = requests
      .filter((request) => request.type === "schema" && request.schema === schema)
      .flatMap(({ path, grantee, privileges: wanted }) => {
        const own = [...grantedTo(grantee, privileges), ...grantedTo(PUBLIC, privileges)];
        const granted = [
          ...own,
          ...others.filter((one) => one.grantee === grantee).map(({ privilege }) => privilege),
        ];
        return compare({ path, on: { type: "schema", schema }, grantee, wanted, granted });
      })
      .filter(({ kind }) => kind === "grant")
      .map((action) => `${showStatement(action)};`);
    if (grants.length === 0) return [];
    const whole =
      schema === PUBLIC_SCHEMA
        ? " Or, for the database's owner to have it, as in a new database: ALTER SCHEMA public OWNER TO pg_database_owner;"
        : "";
    return [
      {
        code: "schema-closed",
        app: plan.app,
        at: "schemas",
        what: `schema ${schema} belongs to ${owner}, so the app's roles cannot be let into it`,
        fix: `as a superuser, in database ${plan.database.name}: ${grants.join(" ")}${whole}`,
      },
    ];
  });
}
