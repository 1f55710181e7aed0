import { parseArgs } from "node:util";
import { describeFailure } from "../../cli/terminal/describe-failure.ts";
import { makeNames, type Say, withApps } from "./apps.ts";
import { type Figures, measure } from "./measure.ts";
import { soak } from "./soak.ts";

/**
 * `npm run bench`: how long Berth takes over what one psql script does on the same server in the same
 * run. Ratios can be compared between machines; times cannot.
 */

const help = `npm run bench              pulumi up of 30 new apps beside one psql script that makes the same
  --apps N[,N]     so many apps; several numbers are measured one after the other
  --stock          the registry's resources as well, as the control; if they fail, it says so and goes on
  --verify         try every promise of every role as well
  --manifests      write manifests too; otherwise none, since psql writes none
  --checkpoints    let Pulumi write its state after each step, as it does unless PULUMI_SKIP_CHECKPOINTS is set
  --soak N         instead: N times up, refresh and destroy of the apps (16 unless --apps says so) at
                   parallelism 16, counting errors
  --json           {"apps":[{n, psql_s, berth_up_s, berth_noop_s, berth_noop_outside_s, berth_refresh_s,
                   stock_up_s, ratio_up_psql, ratio_noop_inside, ratio_up_stock, resources, logins,
                   state_bytes, peak_mib, …}]}
  --help           this text

Times are seconds, ratios are Berth's time over the other's; ratio_noop_inside is an unchanged preview over one
with compareInside: false. peak_mib is what Pulumi, the program and the
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
} else {
  const counts = (values.apps ?? "30").split(",").map((count) => readCount(count, "--apps"));
  const apps: Figures[] = [];
  for (const n of counts) apps.push(await measure(n, values, say));
  print({ apps }, apps.map(formatFigures).join(""));
}

function readOptions() {
  try {
    return parseArgs({
      options: {
        apps: { type: "string" },
        stock: { type: "boolean", default: false },
        verify: { type: "boolean", default: false },
        manifests: { type: "boolean", default: false },
        checkpoints: { type: "boolean", default: false },
        soak: { type: "string" },
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

function formatFigures(figures: Figures): string {
  const { cpu_s, verify, stock_up_s, ratio_up_stock, stock_failure } = figures;
  const time = (seconds: number): string => `${seconds.toFixed(1)} s`;
  const ofCpu = (seconds: number | undefined): string =>
    seconds === undefined ? "" : `, ${time(seconds)} of processor time`;
  const rows: [string, string][] = [
    ["psql, one script", time(figures.psql_s)],
    [
      "pulumi up",
      `${time(figures.berth_up_s)}, ${figures.ratio_up_psql.toFixed(2)} of psql${ofCpu(cpu_s.up)}`,
    ],
    [
      "preview, unchanged",
      `${time(figures.berth_noop_s)}, ${figures.ratio_noop_inside.toFixed(2)} of the next${ofCpu(cpu_s.noop)}`,
    ],
    ["  compareInside: false", `${time(figures.berth_noop_outside_s)}${ofCpu(cpu_s.noop_outside)}`],
    ["refresh", `${time(figures.berth_refresh_s)}${ofCpu(cpu_s.refresh)}`],
    ...(stock_up_s === undefined
      ? []
      : ([
          [
            "up with registry resources",
            `${time(stock_up_s)}; Berth takes ${(ratio_up_stock ?? 0).toFixed(2)} of it`,
          ],
        ] satisfies [string, string][])),
    ...(stock_failure === undefined
      ? []
      : ([["registry resources failed", stock_failure]] satisfies [string, string][])),
    ["resources in state", `${String(figures.resources)}, ${String(figures.state_bytes)} B an app`],
    [
      "seen by the server",
      `${String(figures.logins)} logins, at most ${String(figures.logins_per_database)} to an app's database; ${String(figures.statements)} statements`,
    ],
    ["peak memory", `${String(figures.peak_mib ?? "?")} MiB`],
    ...(verify === undefined
      ? []
      : ([
          [
            "verify",
            `${time(verify.seconds)}, ${String(verify.checks)} checks, ${String(verify.failed)} failed`,
          ],
        ] satisfies [string, string][])),
  ];
  const lines = rows.map(([label, value]) => `  ${label.padEnd(28)}${value}\n`);
  return `${String(figures.n)} apps\n${lines.join("")}`;
}
