import { parseArgs } from "node:util";
import { execa } from "execa";
import { parseStack } from "../../components/config/parse.ts";
import { planDatabase } from "../../components/postgres/plan.ts";
import { makeVerifier } from "../../components/postgres/verifier.ts";
import { Bed } from "../engine/bed.ts";
import { toScript } from "./floor.ts";

/**
 * `npm run bench [-- --apps 30] [--json]`: how long `pulumi up` of so many new apps takes, over one psql
 * script that makes the same roles, databases and grants on the same server in the same run. The ratio is
 * what can be compared between machines.
 */

const help = `npm run bench              up of 30 apps against one psql script
  --apps N    so many apps
  --json      {"apps":[{n, psql_s, stock_up_s, stock_noop_s, ratio_stock_psql}]}
  --help      this text

It needs psql on PATH.
`;

/** Figures of one run; seconds, and a ratio that is Berth's time over psql's. */
interface Figures {
  readonly n: number;
  readonly psql_s: number;
  readonly stock_up_s: number;
  readonly stock_noop_s: number;
  readonly ratio_stock_psql: number;
}

const password = "BenchPassword0123456789";

async function measure(n: number, say: (line: string) => void): Promise<Figures> {
  const bed = await Bed.open({ settings: { log_statement: "none" } });
  try {
    const names = Array.from({ length: n }, (_, index) => `bench-${String(index + 1)}`);
    const entry = { roles: { rw: { profile: "readwrite" } } };
    for (const name of names) {
      await bed.addLogin(`${name}-db-credentials`, name.replace("-", "_"), password);
      await bed.addLogin(`${name}-rw-db-credentials`, `${name.replace("-", "_")}_rw`, password);
    }
    bed.configure((config) => {
      config["berth:apps"] = Object.fromEntries(names.map((name) => [name, entry]));
    });
    say(`psql: roles, databases and grants of ${String(n)} apps, in one script`);
    const psql_s = await timed(() =>
      runFloor(
        bed,
        names.map((name) => `floor-${name}`),
      ),
    );
    say(`psql took ${psql_s.toFixed(1)} s; now pulumi up`);
    const stock_up_s = await timed(() => expectSuccess(bed.up()));
    say(`pulumi up took ${stock_up_s.toFixed(1)} s; now again, unchanged`);
    const stock_noop_s = await timed(() => expectSuccess(bed.preview("--expect-no-changes")));
    return { n, psql_s, stock_up_s, stock_noop_s, ratio_stock_psql: stock_up_s / psql_s };
  } finally {
    await bed.close();
  }
}

async function runFloor(bed: Bed, names: readonly string[]): Promise<void> {
  const { host, port, password: secret } = bed.sandbox.superuser;
  const config = {
    postgres: { endpoint: { direct: { host, port } } },
    onepassword: { vault: "bench" },
    apps: Object.fromEntries(
      names.map((name) => [name, { roles: { rw: { profile: "readwrite" } } }]),
    ),
  };
  const spec = parseStack("floor", config);
  const plans = spec.apps.map((app) => planDatabase(app, spec.postgres));
  const verifier = (role: string): string => makeVerifier(password, role);
  const args = [
    "-X",
    "-q",
    "-v",
    "ON_ERROR_STOP=1",
    "-h",
    host,
    "-p",
    String(port),
    "-U",
    "postgres",
    "postgres",
  ];
  await execa("psql", args, {
    input: toScript(plans, spec.postgres.markerRole, verifier),
    env: { PGPASSWORD: secret },
  });
}

async function expectSuccess(run: ReturnType<Bed["up"]>): Promise<void> {
  const { exitCode, output } = await run;
  if (exitCode !== 0) throw new Error(`pulumi failed:\n${output}`);
}

async function timed(work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

const { values } = parseArgs({
  options: {
    apps: { type: "string", default: "30" },
    json: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
if (values.help) process.stdout.write(help);
else {
  const figures = await measure(Number(values.apps), (line) => process.stderr.write(`${line}\n`));
  process.stdout.write(
    values.json
      ? `${JSON.stringify({ apps: [figures] })}\n`
      : `${String(figures.n)} apps: psql ${figures.psql_s.toFixed(1)} s, pulumi up ${figures.stock_up_s.toFixed(1)} s (${figures.ratio_stock_psql.toFixed(1)} times psql), unchanged preview ${figures.stock_noop_s.toFixed(1)} s\n`,
  );
}
