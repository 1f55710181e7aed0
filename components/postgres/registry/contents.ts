import { toOneError } from "../../errors.ts";
import type { Credential } from "../../onepassword/credential.ts";
import { inspectAccess, type LiveAccess, noAccess } from "../catalog/access.ts";
import type { Catalog } from "../catalog/catalog.ts";
import { asNotInstalled, inspectExtensions } from "../catalog/extensions.ts";
import { decideContents, hasContents } from "../diff/contents.ts";
import type { DatabasePlan } from "../plan/plan.ts";
import { type SessionTarget, withSession } from "../server/session.ts";

/** What the databases of the registry's apps hold of the schemas and extensions that are asked for. */
export interface Contents {
  /** Schemas that are there and the owner's, as `database.schema`. */
  readonly schemas: ReadonlySet<string>;
  /** What only a superuser can do. */
  readonly warnings: readonly string[];
}

/**
 * The registry's resource takes a schema that exists for its own and changes its owner, so what exists
 * has to be seen before it runs. Throws for a schema of somebody else, and an extension that cannot be.
 */
export async function inspectContents(
  plans: readonly DatabasePlan[],
  catalog: Catalog,
  connection: { readonly target: SessionTarget; readonly admin: Credential },
): Promise<Contents> {
  const schemas = new Set<string>();
  const decisions = [];
  for (const plan of plans.filter(hasContents)) {
    const access = await inspectPlanContents(plan, catalog, connection);
    decisions.push(decideContents(plan, catalog.server, access));
    for (const { type, schema } of access.objects) {
      if (type === "schema") schemas.add(`${plan.database.name}.${schema}`);
    }
  }
  const problems = decisions.flatMap((decision) => decision.problems);
  if (problems.length > 0) throw toOneError("Postgres", problems);
  return { schemas, warnings: decisions.flatMap(({ blocked }) => blocked) };
}

async function inspectPlanContents(
  plan: DatabasePlan,
  catalog: Catalog,
  { target, admin }: { readonly target: SessionTarget; readonly admin: Credential },
): Promise<LiveAccess> {
  if (catalog.databases.has(plan.database.name)) {
    const inside = { ...target, database: plan.database.name };
    return await withSession(inside, admin, (client) => inspectAccess(client, plan, []));
  }
  const found = await withSession(target, admin, (client) =>
    inspectExtensions(client, plan.extensions),
  );
  return { ...noAccess, extensions: found.map(asNotInstalled) };
}
