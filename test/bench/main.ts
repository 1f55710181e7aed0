import { parseArgs } from "node:util";
import { describeFailure } from "../../cli/terminal/describe-failure.ts";
import { makeNames, type Say, withApps } from "./apps.ts";
import { formatFigures } from "./format.ts";
import { type Figures, measureRounds } from "./measure.ts";
import { saveMeasured } from "./save.ts";
import { soak } from "./soak.ts";
import { measureStacks } from "./stacks.ts";
import { measureTables } from "./tables.ts";

/**
 * `npm run bench`: how long Berth takes over what one psql script does on an equal server in the same
 * run. Ratios can be compared between machines; times cannot.
 */

const help = `npm run bench              pulumi up of 30 new apps beside other ways to the same
  --apps N[,N]     so many apps; several numbers are measured one after the other
  --rounds N       each of them so often, and the medians
  --superuser      with an admin that is a superuser
  --stock          the registry's resources as well, as the control; if they fail, it says so and goes on
  --verify         try every promise of every role as well
  --manifests      write manifests too; otherwise none, since psql writes none
  --checkpoints    let Pulumi write its state after each step, as it does unless PULUMI_SKIP_CHECKPOINTS is set
  --soak N         instead: N times up, refresh and destroy of the apps (16 unless --apps says so) at
                   parallelism 16, counting errors
  --tables N       instead: one app with so many tables
  --stacks N       instead: so many stacks of --apps apps (30) on one server, each with an admin of its own
  --save           put the figures into docs/measured.json, and its tables and plot into the pages
  --json           {"apps":[{n, floors, engine, berth_up_s, berth_noop_s, berth_noop_outside_s, berth_refresh_s,
                   logins_s, stock_up_s, ratio_up_psql, ratio_up_best, ratio_noop_engine, ratio_noop_inside, ratio_up_stock,
                   resources, logins, state_bytes, peak_mib, …}]}
  --help           this text

Times are seconds, ratios are Berth's time over the other's; ratio_noop_inside is an unchanged preview over one
with compareInside: false, ratio_noop_engine over one of as many resources that do nothing. Each other way has
an empty server of its own: psql one after the other as a superuser and as a role like Berth's admin, as many psql
as Berth has connections, and the databases alone, by each strategy of the server. OpenTofu or Terraform is measured
where one is on PATH. peak_mib is what Pulumi, the program and the
providers held together during the first up; cpu_s is their processor time, which other work on the machine
disturbs less. The time of Berth holds the reading of two items an app from the stand-in for 1Password;
psql is handed the verifiers. Exit code 1 if Berth fails, whatever the control does. It needs psql on PATH.
`;

const values = readOptions();

const say: Say = (line) => process.stderr.write(`${line}\n`);
const print = (found: unknown, text: string): unknown =>
  process.stdout.write(values.json ? `${JSON.stringify(found)}\n` : text);

if (values.help) process.stdout.write(help);
else if (values.soak !== undefined) {
  await runSoak(readCount(values.soak, "--soak"), readCount(values.apps ?? "16", "--apps"));
} else if (values.tables !== undefined) {
  const tables = await measureTables(readCount(values.tables, "--tables"), say);
  if (values.save) await saveMeasured({ tables });
  print({ tables }, `${JSON.stringify(tables)}\n`);
} else if (values.stacks !== undefined) {
  const apps = readCount(values.apps ?? "30", "--apps");
  const stacks = await measureStacks(readCount(values.stacks, "--stacks"), apps, say);
  if (values.save) await saveMeasured({ stacks });
  print({ stacks }, `${JSON.stringify(stacks)}\n`);
} else {
  const counts = (values.apps ?? "30").split(",").map((count) => readCount(count, "--apps"));
  const rounds = readCount(values.rounds, "--rounds");
  const apps: Figures[] = [];
  for (const n of counts) {
    apps.push(await measureRounds(n, rounds, values, say));
    // What a long run has measured so far is kept.
    if (values.save) await saveMeasured({ apps });
  }
  print({ apps }, apps.map(formatFigures).join(""));
}

function readOptions() {
  try {
    return parseArgs({
      options: {
        apps: { type: "string" },
        rounds: { type: "string", default: "1" },
        superuser: { type: "boolean", default: false },
        stock: { type: "boolean", default: false },
        verify: { type: "boolean", default: false },
        manifests: { type: "boolean", default: false },
        checkpoints: { type: "boolean", default: false },
        soak: { type: "string" },
        tables: { type: "string" },
        stacks: { type: "string" },
        save: { type: "boolean", default: false },
        json: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    }).values;
  } catch (error) {
    process.stderr.write(
      `${describeFailure(error, "npm run bench -- --help shows the options")}\n`,
    );
    process.exit(2);
  }
}

async function runSoak(rounds: number, n: number): Promise<void> {
  const start = performance.now();
  const errors = await withApps({ names: makeNames(n) }, (bed) =>
    soak(bed, rounds, (round, count) =>
      say(`round ${String(round)} of ${String(rounds)}: ${String(count)} errors so far`),
    ),
  );
  const seconds = (performance.now() - start) / 1000;
  for (const error of errors) say(error);
  print(
    { soak: { rounds, n, errors: errors.length, seconds } },
    `${String(rounds)} times up, refresh and destroy of ${String(n)} apps at parallelism 16: ${String(errors.length)} errors\n`,
  );
  if (errors.length > 0) process.exitCode = 1;
}

function readCount(text: string, option: string): number {
  if (/^[1-9]\d{0,4}$/.test(text)) return Number(text);
  process.stderr.write(`${option} takes a number from 1 to 99999, not "${text}"\n`);
  process.exit(2);
}
