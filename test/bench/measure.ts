import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import pLimit from "p-limit";
import { verifyStack } from "../../cli/verify/verb.ts";
import { readOnePasswordAccess } from "../../components/config/environment.ts";
import { loadStackFromFile } from "../../components/config/load.ts";
import { readStackItems } from "../../components/onepassword/stack-items.ts";
import { readThroughClient } from "../../components/onepassword/through-client.ts";
import { projectFolder } from "../../components/project-folder.ts";
import { pulumiDefaults } from "../../dev/pulumi/cli.ts";
import type { Bed } from "../engine/bed.ts";
import { expectSuccess, makeNames, type Say, withApps } from "./apps.ts";
import { type EngineFloor, measureEngineFloor } from "./engine-floor.ts";
import { type Floors, measureFloors } from "./floors.ts";
import { medianOf, timed, timedAndWatched } from "./timing.ts";

/** Figures of so many apps in one run; times in seconds, ratios being Berth over the other. */
export interface Figures {
  readonly n: number;
  /** Whether Berth's admin is a superuser. */
  readonly superuser: boolean;
  /** The median of so many. */
  readonly rounds: number;
  readonly floors: Floors;
  readonly engine: EngineFloor;
  readonly berth_up_s: number;
  /** With `compareInside: true`. */
  readonly berth_noop_s: number;
  /** The same with `compareInside: false`. */
  readonly berth_noop_outside_s: number;
  readonly berth_refresh_s: number;
  /** A login to each database and `select 1`, over as many sessions as Berth has for that. */
  readonly logins_s: number;
  readonly ratio_up_psql: number;
  /** Over the fastest way that makes the same. */
  readonly ratio_up_best: number;
  /** An unchanged preview over one of resources that do nothing. */
  readonly ratio_noop_engine: number;
  /** An unchanged preview that looks into the databases, over one that does not. */
  readonly ratio_noop_inside: number;
  /** Processor time of Pulumi and everything it starts; undefined where the system does not say. */
  readonly cpu_s: {
    readonly [verb in "up" | "noop" | "noop_outside" | "refresh"]: number | undefined;
  };
  /** In state, the stack's own and the providers among them. */
  readonly resources: number;
  /** Of the admin during the first up, in all databases; and the most in one app's. */
  readonly logins: number;
  readonly logins_per_database: number;
  /** That the admin sent during the first up, queries included. */
  readonly statements: number;
  /** Of the state file, for each app. */
  readonly state_bytes: number;
  /** The most that Pulumi, the program and the providers held together during the first up. */
  readonly peak_mib: number | undefined;
  readonly stock_up_s?: number;
  readonly ratio_up_stock?: number;
  /** What the registry's resources failed with. */
  readonly stock_failure?: string;
  /** Checks of `verify`, and those that failed although nothing is wrong. */
  readonly verify?: { readonly seconds: number; readonly checks: number; readonly failed: number };
}

export interface MeasureOptions {
  readonly manifests: boolean;
  /** Whether Pulumi writes its state after each step, as it does by default. */
  readonly checkpoints: boolean;
  readonly stock: boolean;
  readonly verify: boolean;
  readonly superuser: boolean;
}

const adminName = "coachlight_admin";

/** Measures so many rounds one after the other, and returns their medians. */
export async function measureRounds(
  n: number,
  rounds: number,
  options: MeasureOptions,
  say: Say,
): Promise<Figures> {
  const first = await measure(n, options, say);
  const all: [Figures, ...Figures[]] = [first];
  while (all.length < rounds) all.push(await measure(n, options, say));
  return { ...medianOf(all), rounds };
}

/** Measures an up of `n` new apps beside other ways that make the same, each on a server of its own. */
async function measure(n: number, options: MeasureOptions, say: Say): Promise<Figures> {
  const names = makeNames(n);
  const { manifests, superuser } = options;
  const floors = await measureFloors(names, say);
  const engine = await measureEngineFloor(n, say);
  say(`${String(n)} apps: a server, a vault with ${String(2 * n)} items`);
  const berth = await withApps({ names, manifests, isAdminSuperuser: superuser }, (bed) =>
    measureBerth(bed, names, options, say),
  );
  const best = Math.min(floors.psql_s, floors.psql_parallel_s);
  const figures = {
    n,
    superuser,
    rounds: 1,
    floors,
    engine,
    ...berth,
    ratio_up_psql: berth.berth_up_s / floors.psql_s,
    ratio_up_best: berth.berth_up_s / best,
    ratio_noop_engine: berth.berth_noop_s / engine.noop_s,
  };
  if (!options.stock) return figures;
  try {
    say("the control: pulumi up with the registry's resources");
    const stock_up_s = await withApps({ names, manifests, provisioner: "postgresql" }, (bed) =>
      timed(() => expectSuccess(bed.up(toEnv(options)))),
    );
    return { ...figures, stock_up_s, ratio_up_stock: figures.berth_up_s / stock_up_s };
  } catch (error) {
    const stock_failure = error instanceof Error ? error.message : String(error);
    say("the control failed; what it said is in the figures");
    return { ...figures, stock_failure };
  }
}

async function measureBerth(bed: Bed, names: readonly string[], options: MeasureOptions, say: Say) {
  const n = names.length;
  const env = toEnv(options);
  const compareInside = (whether: boolean) => {
    bed.configure((config) => {
      config["berth:postgres"]["compareInside"] = whether;
    });
  };
  compareInside(true);
  await settle(bed);
  writeFileSync(bed.sandbox.postgresLog, "");
  const refreshing = ["refresh", "--yes", "--skip-preview"];
  say("pulumi up");
  const up = await timedAndWatched(() => expectSuccess(bed.up(env)));
  const server = readServerLog(bed);
  await settle(bed);
  say(`${up.seconds.toFixed(1)} s; pulumi preview, unchanged`);
  const preview = () => expectSuccess(bed.pulumi(["preview", "--expect-no-changes"], env));
  const noop = await timedAndWatched(preview);
  say(`${noop.seconds.toFixed(1)} s; pulumi refresh`);
  const refresh = await timedAndWatched(() => expectSuccess(bed.pulumi(refreshing, env)));
  say(
    `${refresh.seconds.toFixed(1)} s; pulumi preview, unchanged, without a look into the databases`,
  );
  compareInside(false);
  await expectSuccess(bed.up(env));
  const outside = await timedAndWatched(preview);
  say(`${outside.seconds.toFixed(1)} s; a login to each database`);
  const logins_s = await timed(() => logInToAll(bed, names));
  say(`${logins_s.toFixed(1)} s`);
  const state = path.join(bed.sandbox.home, "state/.pulumi/stacks/berth/dev.json");
  const text = readFileSync(state, "utf8");
  return {
    berth_up_s: up.seconds,
    berth_noop_s: noop.seconds,
    berth_noop_outside_s: outside.seconds,
    berth_refresh_s: refresh.seconds,
    logins_s,
    ratio_noop_inside: noop.seconds / outside.seconds,
    cpu_s: {
      up: up.cpu_s,
      noop: noop.cpu_s,
      noop_outside: outside.cpu_s,
      refresh: refresh.cpu_s,
    },
    resources: (text.match(/"urn":/g) ?? []).length,
    ...server,
    state_bytes: Math.round(text.length / n),
    peak_mib: up.peak_mib,
    ...(options.verify ? { verify: await measureVerify(bed, say) } : {}),
  };
}

async function logInToAll(bed: Bed, databases: readonly string[]): Promise<void> {
  const { postgres } = loadStack(bed);
  const admin = bed.login(postgres.admin.item);
  const open = pLimit(postgres.connectionLimit - 1);
  await Promise.all(
    databases.map((database) => open(() => bed.sqlAs(admin, database, "select 1"))),
  );
}

const loadStack = ({ sandbox }: Bed) => loadStackFromFile("dev", projectFolder, sandbox.stackFile);

/** Has the server write out what the step before left in its memory, so that the next does not pay for it. */
async function settle(bed: Bed): Promise<void> {
  await bed.sql("checkpoint");
}

/** As `npm run pulumi` has it. */
function toEnv({ checkpoints }: MeasureOptions): Record<string, string> {
  return { ...pulumiDefaults({}), ...(checkpoints ? { PULUMI_SKIP_CHECKPOINTS: "false" } : {}) };
}

function readServerLog({ sandbox }: Bed) {
  const lines = readFileSync(sandbox.postgresLog, "utf8").split("\n");
  const entered = lines.flatMap(
    (line) =>
      new RegExp(`connection authorized: user=${adminName} database=(\\S+)`).exec(line)?.[1] ?? [],
  );
  const ofApps = Object.values(Object.groupBy(entered, (database) => database))
    .filter((logins) => logins?.[0] !== "postgres")
    .map((logins = []) => logins.length);
  const sent = new RegExp(`${adminName}@.*LOG: +(statement|execute [^:]+): `);
  return {
    logins: entered.length,
    logins_per_database: Math.max(0, ...ofApps),
    statements: lines.filter((line) => sent.test(line)).length,
  };
}

async function measureVerify(bed: Bed, say: Say): Promise<NonNullable<Figures["verify"]>> {
  say("verify: every promise of every role, with real logins");
  const spec = loadStack(bed);
  const access = readOnePasswordAccess(bed.sandbox.env);
  const items = await readStackItems(spec, readThroughClient(access));
  let checks = 0;
  let failed = 0;
  const seconds = await timed(async () => {
    await verifyStack(spec, items, (app, found) => {
      checks += found.length;
      for (const check of found.filter(({ ok }) => !ok)) {
        failed += 1;
        say(`failed: ${app}: ${check.name}: ${check.detail}`);
      }
    });
  });
  say(`${seconds.toFixed(1)} s`);
  return { seconds, checks, failed };
}
