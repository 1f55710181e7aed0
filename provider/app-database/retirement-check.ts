import { z } from "zod";
import { type PropertyMap, toPlain } from "../rpc/property-values.ts";

const Place = z.object({ database: z.string(), roles: z.array(z.string()) });
const Places = z.record(z.string(), Place);
const Reclaimed = z.record(z.string(), Place.extend({ isLeaving: z.boolean().optional() }));
const Permissions = z.object({
  confirmDelete: z.array(z.string()).default([]),
  dumpDirectory: z.string().optional(),
});

/** Database and roles of each app of the program, by the app's name. */
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
  /** Each app that leaves and whose database and roles stay. */
  readonly kept: readonly (readonly [app: string, Place])[];
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
    return { inputs: news, places, failures: [], warnings: [], kept: [] };
  }
  const before = Reclaimed.safeParse(toPlain(olds["reclaim"] ?? {})).data ?? {};
  const { confirmDelete, dumpDirectory } = Permissions.safeParse(toPlain(news["postgres"] ?? {}))
    .data ?? { confirmDelete: [], dumpDirectory: undefined };
  const isLeaving = ([app, { database }]: readonly [string, Place]): boolean =>
    places[app] === undefined &&
    // Another app has the database now.
    Object.values(places).every((place) => place.database !== database);
  const leaving = Object.entries(before).filter(isLeaving);
  const kept = Object.entries(readPlaces(olds) ?? {}).filter(
    (one) => isLeaving(one) && before[one[0]] === undefined,
  );
  const confirmed = leaving.filter(([, { database }]) => confirmDelete.includes(database));
  const stillLeaving = Object.fromEntries(
    confirmed.map(([app, place]) => [app, { ...place, isLeaving: true }]),
  );
  const reclaim = { ...Reclaimed.safeParse(toPlain(wanted ?? {})).data, ...stillLeaving };
  return {
    inputs: Object.keys(reclaim).length === 0 ? inputs : { ...inputs, reclaim },
    places,
    failures: leaving
      .filter(([, { database, isLeaving }]) => !confirmDelete.includes(database) && !isLeaving)
      .map(([app, place]) => refuse(app, place)),
    warnings: confirmed.map(([app, place]) => announce(app, place, dumpDirectory)),
    kept,
  };
}

type Place = z.infer<typeof Place>;

/** Every app of the program; undefined = the program does not pass them. */
export function readPlaces({ places }: PropertyMap): Places | undefined {
  return typeof places === "string" ? Places.parse(JSON.parse(places)) : undefined;
}

/** What stays of an app that leaves without reclaimPolicy delete. */
export function describeKept(app: string, { database, roles }: Place): string {
  const logins = `${roles.length === 1 ? "login" : "logins"} ${roles.join(", ")}`;
  return `app ${app} leaves the stack: database "${database}", its rows and ${logins} stay on the server (reclaimPolicy: retain)`;
}

function refuse(app: string, place: Place): string {
  const { database } = place;
  return (
    `app ${app} has left the stack file with reclaimPolicy: delete, so this run would drop ${describe(place)}; nothing was changed\n` +
    `  fix: to drop them, add the database to the stack file under berth:postgres: confirmDelete: [${database}]\n` +
    `  fix: to keep them, put the entry back with reclaimPolicy: retain and run pulumi up before you take it out again`
  );
}

function announce(app: string, place: Place, dumpDirectory: string | undefined): string {
  const dump =
    dumpDirectory === undefined ? "without a dump" : `after a dump into ${dumpDirectory}`;
  return (
    `app ${app} has left the stack: pulumi up drops ${describe(place)}, ${dump}, unless that is done already. ` +
    `Once it is, take "${place.database}" out of berth:postgres.confirmDelete`
  );
}

function describe({ database, roles }: Place): string {
  return `database "${database}" with all that it holds, and ${roles.length === 1 ? "role" : "roles"} ${roles.join(", ")}`;
}
