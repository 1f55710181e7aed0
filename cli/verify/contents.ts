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
import { attempt, describeError } from "./objects.ts";

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
    ...(await verifyFunctions(client, plan)),
  ];
}

/** Alters a function of each extension whose functions the entry gives to the owner. */
async function verifyFunctions(client: Client, plan: DatabasePlan): Promise<Check[]> {
  const { owner, name: database } = plan.database;
  const checks: Check[] = [];
  for (const { name } of plan.extensions.filter(({ functions }) => functions === "owner")) {
    const { rows } = await client.query<{ routine: string }>(handedOver, [name, owner]);
    // None: the extension is not there yet, or has only aggregates.
    for (const { routine } of rows) {
      const outcome = await attempt(client, `alter routine ${routine} reset all`);
      const what = `${routine} in ${database}: ${describeError(outcome)}`;
      const wrong = outcome === undefined ? [] : [{ what, fix: runUp }];
      checks.push(
        toCheck(`${owner}: can alter the functions of extension ${name}`, routine, wrong),
      );
    }
  }
  return checks;
}

/** One function of extension $1 that Berth gives to role $2; first one that the role does not have. */
const handedOver = `
  select p.oid::pg_catalog.regprocedure::text as routine
  from pg_catalog.pg_extension x
  join pg_catalog.pg_depend d on d.refobjid = x.oid and d.deptype = 'e'
    and d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass
    and d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
  join pg_catalog.pg_proc p on p.oid = d.objid and p.prokind <> 'a'
  cross join lateral pg_catalog.pg_get_userbyid(p.proowner) o (name)
  where x.extname = $1 and (p.proowner in (10, x.extowner) or o.name = $2)
  order by o.name = $2, 1
  limit 1`;

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
