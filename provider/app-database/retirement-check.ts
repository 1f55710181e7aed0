import { z } from "zod";
import { toYamlList } from "../../components/config/yaml/list.ts";
import { databasesOf, type Place, toPlace } from "../../components/postgres/plan/place.ts";
import { type PropertyMap, toPlain, toPropertyMap } from "../rpc/property-values.ts";

const PlaceProperties = z.object({
  database: z.string(),
  further: z.array(z.string()).optional(),
  roles: z.array(z.string()),
});
const Places = z.record(z.string(), PlaceProperties);
const Reclaimed = z.record(
  z.string(),
  PlaceProperties.extend({ isLeaving: z.boolean().optional() }),
);
const Permissions = z
  .object({ confirmDelete: z.array(z.string()).default([]), dumpDirectory: z.string().optional() })
  .catch({ confirmDelete: [] });

/** Databases and roles of each app of the program, by the app's name. */
export type Places = z.infer<typeof Places>;

/** The provider's arguments after the check of apps that leave the stack. */
export interface RetirementCheck {
  /** The arguments for state. */
  readonly inputs: PropertyMap;
  /** Every app of the program; undefined = the program does not pass them. */
  readonly places: Places | undefined;
  /** Why the run must stop. */
  readonly failures: readonly string[];
  /** What the operator should know. */
  readonly warnings: readonly string[];
  /** Each app that leaves and whose databases and roles stay. */
  readonly kept: readonly (readonly [app: string, Place])[];
  /** Databases that left the entry of an app which stays. */
  readonly left: readonly (readonly [app: string, Place])[];
}

/**
 * Finds apps that leave the stack and would have their database dropped, before a run changes anything: the
 * engine calls the provider about a deletion only when it deletes. State has `reclaim`, the apps with
 * reclaimPolicy delete, and `places`, all apps, whose change is no change of the provider. An app that leaves
 * stays in `reclaim` while it is confirmed, because its deletion may fail, for example for open
 * connections.
 */
export function checkRetirement(olds: PropertyMap, news: PropertyMap): RetirementCheck {
  const { reclaim: wanted, ...inputs } = news;
  const places = readPlaces(news);
  // Another program, or the keys of the stack file in an import: there is nothing to compare.
  if (places === undefined) {
    return { inputs: news, places, failures: [], warnings: [], kept: [], left: [] };
  }
  const before = Reclaimed.safeParse(toPlain(olds["reclaim"] ?? {})).data ?? {};
  const { confirmDelete, dumpDirectory } = Permissions.parse(toPlain(news["postgres"] ?? {}));
  const undeclared = listUndeclared(places);
  const leaving = Object.entries(before)
    .flatMap(undeclared)
    .filter(([app]) => !places[app]);
  const gone = Object.entries(readPlaces(olds) ?? {}).flatMap(undeclared);
  const kept = gone.filter(([app]) => !places[app] && before[app] === undefined);
  const listUnconfirmed = (place: Place): readonly string[] =>
    databasesOf(place).filter((name) => !confirmDelete.includes(name));
  const confirmed = leaving.filter(([, place]) => listUnconfirmed(place).length === 0);
  const stillLeaving = Object.fromEntries(
    confirmed.map(([app, place]) => [app, { ...place, isLeaving: true }]),
  );
  const all = { ...Reclaimed.safeParse(toPlain(wanted ?? {})).data, ...stillLeaving };
  const reclaim = toPropertyMap(all);
  return {
    inputs: Object.keys(reclaim).length === 0 ? inputs : { ...inputs, reclaim },
    places,
    failures: leaving
      .map(([app, place]) => ({ app, place, names: listUnconfirmed(place) }))
      .filter(({ place, names }) => names.length > 0 && place.isLeaving !== true)
      .map(({ app, place, names }) => refuse(app, place, names)),
    warnings: confirmed.map(([app, place]) => announce(app, place, dumpDirectory)),
    kept,
    left: gone.filter(([app]) => places[app] !== undefined),
  };
}

/** Reduces a place to the databases that no app of the program has; none if there are no such. */
function listUndeclared(places: Places) {
  const declared = new Set(Object.values(places).flatMap(databasesOf));
  return <T extends Place>([app, place]: readonly [string, T]): [string, T][] => {
    const names = databasesOf(place).filter((name) => !declared.has(name));
    const rest = { ...place, further: undefined, ...toPlace(names, place.roles) };
    return names.length === 0 ? [] : [[app, rest]];
  };
}

/** Every app of the program; undefined = the program does not pass them. */
export function readPlaces({ places }: PropertyMap): Places | undefined {
  return typeof places === "string" ? Places.parse(JSON.parse(places)) : undefined;
}

/** What stays of an app that leaves without reclaimPolicy delete. */
export function describeKept(app: string, place: Place): string {
  const { roles } = place;
  const logins = `${roles.length === 1 ? "login" : "logins"} ${roles.join(", ")}`;
  const rows = place.further === undefined ? "its rows" : "their rows";
  return `app ${app} leaves the stack: ${describeDatabases(place)}, ${rows} and ${logins} stay on the server (reclaimPolicy: retain)`;
}

/** What stays of an app whose entry has other databases now. */
export function describeLeft(app: string, place: Place): string {
  const stay = place.further === undefined ? "stays" : "stay";
  return `app ${app}: ${describeDatabases(place)} left the entry and ${stay} on the server, with all rows and with who may use them; Berth does not look at them any more`;
}

function describeDatabases(place: Place): string {
  return `${place.further === undefined ? "database" : "databases"} ${listNames(place)}`;
}

function refuse(app: string, place: Place, unconfirmed: readonly string[]): string {
  return (
    `app ${app} has left the stack file with reclaimPolicy: delete, so this run would drop ${describe(place)}; nothing was changed\n` +
    `  fix: to drop them, add the ${unconfirmed.length === 1 ? "database" : "databases"} to the stack file under berth:postgres: confirmDelete: ${toYamlList(unconfirmed)}\n` +
    `  fix: to keep them, put the entry back with reclaimPolicy: retain and run pulumi up before you take it out again`
  );
}

function announce(app: string, place: Place, dumpDirectory: string | undefined): string {
  const dump =
    dumpDirectory === undefined ? "without a dump" : `after a dump into ${dumpDirectory}`;
  return (
    `app ${app} has left the stack: pulumi up drops ${describe(place)}, ${dump}, unless that is done already. ` +
    `Once it is, take ${listNames(place)} out of berth:postgres.confirmDelete`
  );
}

function describe(place: Place): string {
  const { roles, further } = place;
  return `${describeDatabases(place)} with all that ${further === undefined ? "it holds" : "they hold"}, and ${roles.length === 1 ? "role" : "roles"} ${roles.join(", ")}`;
}

function listNames(place: Place): string {
  return databasesOf(place)
    .map((name) => `"${name}"`)
    .join(", ");
}
