import { pulumiDefaults } from "../../dev/pulumi/cli.ts";
import type { Bed, Config } from "../engine/bed.ts";
import { expectSuccess, type Say, withApps } from "./apps.ts";
import { timedAndWatched } from "./timing.ts";

/** One app whose database has many tables; times in seconds. */
export interface TableFigures {
  readonly tables: number;
  readonly noop_s: number;
  readonly refresh_s: number;
  /** A new role, which may read all of them. */
  readonly role_s: number;
}

/** Tables that one transaction makes. A server with default settings has enough locks for so many. */
const batch = 1000;

export async function measureTables(tables: number, say: Say): Promise<TableFigures> {
  return await withApps({ names: ["bench1"] }, async (bed) => {
    const env = pulumiDefaults({});
    await expectSuccess(bed.up(env));
    await makeTables(bed, tables);
    say(`${String(tables)} tables; pulumi preview, unchanged`);
    const preview = ["preview", "--expect-no-changes"];
    const noop = await timedAndWatched(() => expectSuccess(bed.pulumi(preview, env)));
    const refreshing = ["refresh", "--yes", "--skip-preview"];
    const refresh = await timedAndWatched(() => expectSuccess(bed.pulumi(refreshing, env)));
    say(`${noop.seconds.toFixed(1)} s; pulumi up with one more role`);
    await bed.addLogin("bench1-ro-db-credentials", "bench1_ro", "BenchPassword0123456789");
    bed.configure(addReader);
    const role = await timedAndWatched(() => expectSuccess(bed.up(env)));
    say(`${role.seconds.toFixed(1)} s`);
    return {
      tables,
      noop_s: noop.seconds,
      refresh_s: refresh.seconds,
      role_s: role.seconds,
    };
  });
}

async function makeTables(bed: Bed, count: number): Promise<void> {
  for (let made = 0; made < count; made += batch) {
    const last = Math.min(made + batch, count);
    await bed.sql(
      `do $$ begin
         set local role bench1;
         for n in ${String(made + 1)}..${String(last)} loop
           execute format('create table public.t%s (id int)', n);
         end loop;
       end $$`,
      "bench1",
    );
  }
}

function addReader(config: Config): void {
  const app = config["berth:apps"]["bench1"] as { roles: Record<string, object> };
  app.roles = { ...app.roles, ro: { profile: "readonly" } };
}
