import { existsSync, readFileSync } from "node:fs";
import { drawLines } from "./plot.ts";
import { toTable } from "./table.ts";

/** What `npm run bench -- --save` has measured, as tables and a plot for the pages. */

/** Of one number of apps; in seconds. */
export interface MeasuredApps {
  /** The day, as 2026-11-28. */
  readonly on: string;
  readonly n: number;
  /** Whether Berth's admin was a superuser. */
  readonly superuser: boolean;
  /** The median of so many. */
  readonly rounds: number;
  readonly floors: {
    readonly psql_s: number;
    readonly psql_admin_s: number;
    readonly psql_parallel_s: number;
    readonly create_s: Readonly<Record<string, number>>;
    readonly create_missing: Readonly<Record<string, string>>;
    readonly tofu_s?: number;
    readonly tofu_missing?: string;
  };
  readonly engine: { readonly noop_s: number };
  readonly berth_up_s: number;
  readonly berth_noop_s: number;
  readonly berth_noop_outside_s: number;
  readonly berth_refresh_s: number;
  /** A login to each database and nothing else. */
  readonly logins_s: number;
  readonly state_bytes: number;
}

/** One row of the simulation; hours for all apps. */
export interface SimulatedRow {
  readonly runners: number;
  readonly up_h: number;
  readonly noop_h: number;
  readonly refresh_h: number;
}

/** Several stacks on one server, each with an admin role and a vault of its own; in seconds. */
export interface MeasuredStacks {
  /** The day, as 2026-11-28. */
  readonly on: string;
  /** Machine and versions. */
  readonly with: string;
  /** Of each stack. */
  readonly apps: number;
  /** In the order in which they came to the server. */
  readonly stacks: readonly {
    readonly up_s: number;
    /** Unchanged, when all stacks are there. */
    readonly noop_s: number;
    readonly refresh_s: number;
  }[];
  /** Unchanged previews of all of them at the same time. */
  readonly together_s: number;
}

export interface Measured {
  /** Machine and versions. */
  readonly with: string;
  readonly apps: readonly MeasuredApps[];
  readonly tables?:
    | {
        readonly on: string;
        readonly tables: number;
        readonly noop_s: number;
        readonly refresh_s: number;
        readonly role_s: number;
      }
    | undefined;
  readonly stacks?: MeasuredStacks | undefined;
  readonly simulation?: {
    readonly apps: number;
    readonly servers: number;
    readonly killed: number;
    readonly rows: readonly SimulatedRow[];
  };
}

/** Beside the pages, so that a clone shows what was measured. */
export const measuredFile = new URL("../../docs/measured.json", import.meta.url);
export const plotFile = new URL("../../docs/images/performance.svg", import.meta.url);

export function readMeasured(): Measured | undefined {
  if (!existsSync(measuredFile)) return undefined;
  return JSON.parse(readFileSync(measuredFile, "utf8")) as Measured;
}

const missing = "Not measured yet; `npm run bench -- --save` measures it.";
const time = (seconds: number): string => `${seconds.toFixed(1)} s`;
const ratio = (one: number, other: number): string => (one / other).toFixed(2);
const eachMs = (seconds: number, n: number): string => `${((seconds / n) * 1000).toFixed(0)} ms`;
const count = (n: number): string => n.toLocaleString("en");
const adminOf = ({ superuser }: MeasuredApps): string => (superuser ? "superuser" : "CREATEROLE");

/** What `up` takes beside other ways to the same. */
export function floorTable(measured = readMeasured()): string {
  if (measured === undefined || measured.apps.length === 0) return missing;
  const strategies = [
    ...new Set(measured.apps.flatMap(({ floors }) => Object.keys(floors.create_s))),
  ];
  const hasTofu = measured.apps.some(({ floors }) => floors.tofu_s !== undefined);
  const head = [
    "apps",
    "rounds",
    "Berth's admin",
    "`pulumi up`",
    "of psql",
    "psql",
    "psql as that admin",
    "psql, several at a time",
    ...strategies.map((name) => `databases alone, \`${name}\``),
    ...(hasTofu ? ["OpenTofu"] : []),
  ];
  const rows = measured.apps.map((one) => {
    const { floors, berth_up_s: up } = one;
    const { psql_s, psql_admin_s, psql_parallel_s, create_s, tofu_s } = floors;
    const optional = (s: number | undefined): string => (s === undefined ? "–" : time(s));
    return [
      count(one.n),
      String(one.rounds),
      adminOf(one),
      time(up),
      ratio(up, psql_s),
      time(psql_s),
      time(psql_admin_s),
      time(psql_parallel_s),
      ...strategies.map((name) => optional(create_s[name])),
      ...(hasTofu ? [optional(tofu_s)] : []),
    ];
  });
  const absent = new Map(
    measured.apps.flatMap(({ floors: { create_missing, tofu_missing } }) => [
      ...Object.entries(create_missing),
      ...(tofu_missing === undefined ? [] : [["OpenTofu", tofu_missing] as const]),
    ]),
  );
  const notes = [...absent].map(([name, why]) => `Not measured: ${name} (${toLine(why)}).`);
  const days = [...new Set(measured.apps.map(({ on }) => on))].toSorted().join(" and ");
  const what = `Measured with ${measured.with}, on ${days}; each figure is the median of the rounds.`;
  return [what, toTable(head, rows), ...notes].join("\n\n");
}

/** What a run takes that changes nothing, beside one of resources that do nothing. */
export function growthTable(measured = readMeasured()): string {
  if (measured === undefined || measured.apps.length === 0) return missing;
  const head = [
    "apps",
    "Berth's admin",
    "unchanged preview that looks inside",
    "an app",
    "of resources that do nothing",
    "`compareInside: false`",
    "of resources that do nothing",
    "refresh",
    "an app",
  ];
  const rows = measured.apps.map((one) => [
    count(one.n),
    adminOf(one),
    time(one.berth_noop_s),
    eachMs(one.berth_noop_s, one.n),
    ratio(one.berth_noop_s, one.engine.noop_s),
    time(one.berth_noop_outside_s),
    ratio(one.berth_noop_outside_s, one.engine.noop_s),
    time(one.berth_refresh_s),
    eachMs(one.berth_refresh_s, one.n),
  ]);
  const { tables } = measured;
  const many =
    tables === undefined
      ? []
      : [
          `One app with ${count(tables.tables)} tables: unchanged preview ${time(tables.noop_s)}, refresh ${time(tables.refresh_s)}, \`up\` with one more role that reads all of them ${time(tables.role_s)}.`,
        ];
  return [toTable(head, rows), "![milliseconds an app](images/performance.svg)", ...many].join(
    "\n\n",
  );
}

/** What the time of an unchanged preview is for. */
export function restTable(measured = readMeasured()): string {
  if (measured === undefined || measured.apps.length === 0) return missing;
  const head = [
    "apps",
    "Berth's admin",
    "Pulumi, with resources that do nothing",
    "items, verifiers, plans, catalog",
    "the look into the databases",
    "an app",
    "a login to each, and nothing else",
  ];
  const rows = measured.apps.map((one) => {
    const { n, engine, berth_noop_s: inside, berth_noop_outside_s: outside, logins_s } = one;
    const own = outside - engine.noop_s;
    const look = inside - outside;
    const times = [engine.noop_s, own, look].map(time);
    return [count(n), adminOf(one), ...times, eachMs(look, n), time(logins_s)];
  });
  return toTable(head, rows);
}

/** What many servers would take. */
export function scaleTable(measured = readMeasured()): string {
  const simulation = measured?.simulation;
  if (simulation === undefined) return missing;
  const { apps, servers, killed, rows } = simulation;
  const hours = (h: number): string => `${h.toFixed(1)} h`;
  const head = ["runners", "first `up` of all", "unchanged preview of all", "refresh of all"];
  const cells = rows.map((row) => [
    String(row.runners),
    hours(row.up_h),
    hours(row.noop_h),
    hours(row.refresh_h),
  ]);
  const what = `${count(apps)} apps over ${count(servers)} servers, a stack each, by so many runners like the machine of the measurement; ${String(killed * 100)}% of the runs are killed and run again.`;
  return `${what}\n\n${toTable(head, cells)}`;
}

/** What each of several stacks on one server takes. */
export function stacksTable(measured = readMeasured()): string {
  if (measured?.stacks === undefined) return missing;
  const { on, with: machine, apps, stacks, together_s } = measured.stacks;
  const head = ["stack", "`pulumi up`", "unchanged preview that looks inside", "refresh"];
  const rows = stacks.map(({ up_s, noop_s, refresh_s }, at) => [
    String(at + 1),
    ...[up_s, noop_s, refresh_s].map(time),
  ]);
  const what = `${String(stacks.length)} stacks of ${count(apps)} apps, one after the other, each with an admin role of its own; preview and refresh when all of them were there. Measured with ${machine}, on ${on}.`;
  const all = `Previews of all at the same time: ${time(together_s)}.`;
  return [what, toTable(head, rows), all].join("\n\n");
}

/** Milliseconds an app, by the number of apps. */
export function plotMeasured({ apps }: Measured): string {
  const usual = apps.filter(({ superuser }) => !superuser);
  const shown = usual.length > 0 ? usual : apps;
  const line = (name: string, seconds: (one: MeasuredApps) => number) => ({
    name,
    points: shown.map((one) => [one.n, (seconds(one) / one.n) * 1000] as const),
  });
  return drawLines({
    x: "apps",
    y: "ms an app",
    lines: [
      line("pulumi up", (one) => one.berth_up_s),
      line("psql", (one) => one.floors.psql_s),
      line("psql, several at a time", (one) => one.floors.psql_parallel_s),
      line("unchanged preview", (one) => one.berth_noop_s),
      line("refresh", (one) => one.berth_refresh_s),
      line("preview of nothing", (one) => one.engine.noop_s),
    ],
  });
}

const toLine = (text: string): string => text.replaceAll(/\s+/g, " ").slice(0, 160);
