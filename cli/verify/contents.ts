import type { Client } from "pg";
import { describeWhat } from "../../components/errors.ts";
import { inspectAccess } from "../../components/postgres/catalog/access.ts";
import { decideEverywhere } from "../../components/postgres/diff/access/decide.ts";
import { toWantedEverywhere } from "../../components/postgres/diff/access/wanted.ts";
import { decideContents, hasContents } from "../../components/postgres/diff/contents.ts";
import { isForEverySchema } from "../../components/postgres/plan/access.ts";
import type { DatabasePlan } from "../../components/postgres/plan/plan.ts";
import { findLocaleDifferences } from "../../components/postgres/rules/creation.ts";
import { describeAction } from "../../components/postgres/statements/actions.ts";
import { type Check, runUp, toCheck, type VerifyContext } from "./check.ts";

/** The database itself, and what the entry states in it. */

/** Checks the locale that an entry states, which only a new database could get. */
function verifyCreation(plan: DatabasePlan, { catalog }: Pick<VerifyContext, "catalog">): Check[] {
  const { name, collate, ctype, icuLocale } = plan.database;
  const stated = [collate, ctype, icuLocale].filter((one) => one !== undefined);
  const live = catalog.databases.get(name);
  if (stated.length === 0 || live === undefined) return [];
  const wrong = findLocaleDifferences(plan, live);
  return [toCheck(`${name}: locale`, [...new Set(stated)].join(", "), wrong)];
}

/** Checks the locale, and that schemas, extensions and publications of the entry exist, in the owner's session. */
export async function verifyContents(
  client: Client,
  plan: DatabasePlan,
  context: Pick<VerifyContext, "catalog">,
): Promise<Check[]> {
  const creation = verifyCreation(plan, context);
  if (!hasContents(plan)) return creation;
  const access = await inspectAccess(client, plan, []);
  // As for a superuser, so that everything missing is found, whoever has to create it.
  const { actions, problems } = decideContents(plan, { isSuperuser: true, admin: "" }, access);
  const listed = [
    ...plan.schemas,
    ...plan.extensions.map(({ name }) => name),
    ...(plan.publications ?? []).map(({ name }) => name),
  ];
  return [
    ...creation,
    toCheck(`${plan.database.name}: schemas and extensions`, listed.join(", "), [
      ...problems.map((problem) => ({ what: describeWhat(problem), fix: problem.fix })),
      ...actions.map((action) => ({ what: `not yet: ${describeAction(action)}`, fix: runUp })),
    ]),
  ];
}

/** Checks what the roles get in schemas that the owner will make, in the owner's session. */
export async function verifyLaterSchemas(client: Client, plan: DatabasePlan): Promise<Check[]> {
  if (!isForEverySchema(plan)) return [];
  const access = await inspectAccess(client, plan, []);
  const actions = toWantedEverywhere(plan, []).flatMap((one) =>
    decideEverywhere(plan, one, access),
  );
  return [
    toCheck(
      `${plan.database.name}: schemas to come`,
      "open to the roles as the entry says",
      actions.map((action) => ({ what: `not yet: ${describeAction(action)}`, fix: runUp })),
    ),
  ];
}
