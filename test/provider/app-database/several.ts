import { eachDatabase } from "../../../components/config/databases.ts";
import type { AppSpec } from "../../../components/config/spec.ts";
import { planDatabase, resourceName } from "../../../components/postgres/plan/plan.ts";
import type { StoredResource } from "../../../provider/rpc/resource-handler.ts";
import { type DatabaseBed, inputsOfApp, ownershipRole, toUrn } from "./bed.ts";
import { type Entry, toSpec } from "./servers.ts";

/** Apps with several databases of one owner, as the engine drives the provider for them. */

export type Made = ReadonlyMap<string, StoredResource>;

export function toApp(bed: DatabaseBed, name: string, entry: Entry): AppSpec {
  const [app] = toSpec(bed, { [name]: entry }).apps;
  if (app === undefined) throw new Error("the stack has no app");
  return app;
}

/** The databases and roles of the program, as the provider gets them. */
function toPlaces(app: AppSpec): Record<string, unknown> {
  const [database, ...further] = app.database.names;
  const place = { database, further, roles: app.roles.map(({ name }) => name) };
  return { [app.name]: place };
}

/** A run of the engine with one app: creates and updates in order, then the deletes. */
export async function up(bed: DatabaseBed, app: AppSpec, before: Made = new Map()): Promise<Made> {
  const made = new Map<string, StoredResource>();
  const replaced: StoredResource[] = [];
  for (const one of eachDatabase(app)) {
    const name = resourceName(planDatabase(one, { ownershipRole } as never));
    const inputs = inputsOfApp(one);
    const old = before.get(name);
    const isReplaced = old !== undefined && old.id !== one.database.name;
    if (isReplaced) replaced.push(old);
    const found = await bed.up(inputs, isReplaced ? undefined : old);
    made.set(name, { ...found, urn: toUrn(name) });
  }
  const gone = [...before].filter(([name]) => !made.has(name)).map(([, one]) => one);
  for (const one of [...replaced, ...gone.toReversed()]) await bed.remove(one, {}, toPlaces(app));
  return made;
}

export const count = async (bed: DatabaseBed, database: string): Promise<number> =>
  (await bed.sql(`select from pg_database where datname = '${database}'`)).length;
