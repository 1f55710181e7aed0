import { z } from "zod";
import { type PropertyMap, toPlain } from "../rpc/property-values.ts";

const Place = z.object({ database: z.string(), roles: z.array(z.string()) });
const Places = z.record(z.string(), Place);
const Reclaimed = z.record(z.string(), Place.extend({ isLeaving: z.boolean().optional() }));
const Permissions = z.object({
  confirmDelete: z.array(z.string()).default([]),
  dumpDirectory: z.string().optional(),
});

/** What each app of the program has on the server, by the app's name. */
export type Places = z.infer<typeof Places>;

/** What the provider's arguments say about apps that leave the stack. */
export interface RetirementCheck {
  /** The arguments as state keeps them. */
  readonly inputs: PropertyMap;
  /** Every app of the program; undefined = the program does not say. */
  readonly places: Places | undefined;
  /** Why the run must not go on. */
  readonly failures: readonly string[];
  /** What the operator should know. */
  readonly warnings: readonly string[];
}

/**
 * Finds the apps that leave the stack and would take their database along, before anything is done:
 * the engine asks a provider about a deletion only once it is to happen. `reclaim`, the apps with
 * reclaimPolicy delete, is remembered in the provider's state; `places` is there for the comparison and
 * goes no further, so that a new app does not change the provider. An app that leaves stays in
 * `reclaim` as long as it is confirmed, since its deletion may fail, as for open connections.
 */
export function checkRetirement(olds: PropertyMap, news: PropertyMap): RetirementCheck {
  const { places: text, ...inputs } = news;
  const places = typeof text === "string" ? Places.parse(JSON.parse(text)) : undefined;
  // Not Berth's own program, or the stack file's keys as an import gives them: nothing to compare.
  if (places === undefined) return { inputs: news, places, failures: [], warnings: [] };
  const before = Reclaimed.safeParse(toPlain(olds["reclaim"] ?? {})).data ?? {};
  const { confirmDelete, dumpDirectory } = Permissions.safeParse(toPlain(news["postgres"] ?? {}))
    .data ?? { confirmDelete: [], dumpDirectory: undefined };
  const leaving = Object.entries(before).filter(
    ([app, { database }]) =>
      places[app] === undefined &&
      // Another app has it now.
      Object.values(places).every((place) => place.database !== database),
  );
  const confirmed = leaving.filter(([, { database }]) => confirmDelete.includes(database));
  const kept = Object.fromEntries(
    confirmed.map(([app, place]) => [app, { ...place, isLeaving: true }]),
  );
  const reclaim = { ...Reclaimed.safeParse(toPlain(news["reclaim"] ?? {})).data, ...kept };
  return {
    inputs: Object.keys(reclaim).length === 0 ? inputs : { ...inputs, reclaim },
    places,
    failures: leaving
      .filter(([, { database, isLeaving }]) => !confirmDelete.includes(database) && !isLeaving)
      .map(([app, place]) => refuse(app, place)),
    warnings: confirmed.map(([app, place]) => announce(app, place, dumpDirectory)),
  };
}

type Place = z.infer<typeof Place>;

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
