import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
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
  --stock     measure the registry's resources as well, as the control
  --json      {"apps":[{n, psql_s, berth_up_s, berth_noop_s, berth_refresh_s, ratio_up_psql, …}]}
  --help      this text

Berth runs without manifests and with PULUMI_SKIP_CHECKPOINTS, so that roles and databases are compared
and not Pulumi's writing of its state: with both, an up takes several times as long. It needs psql on PATH.
`;

/** Figures of one run; seconds, and ratios that are Berth's time over the other's. */
interface Figures {
  readonly n: number;
  readonly psql_s: number;
  readonly berth_up_s: number;
  readonly berth_noop_s: number;
  readonly berth_refresh_s: number;
  readonly ratio_up_psql: number;
  /** Of the whole state file, for each app. */
  readonly state_bytes: number;
  readonly resources: number;
  /** In all databases, during the first up. */
  readonly logins: number;
  readonly stock_up_s?: number;
  readonly ratio_up_stock?: number;
}

const password = "BenchPassword0123456789";

type Say = (line: string) => unknown;

async function measure(n: number, withStock: boolean, say: Say): Promise<Figures> {
  const names = Array.from({ length: n }, (_, index) => `bench-${String(index + 1)}`);
  const berth = await withBed("berth", names, (bed) => measureBerth(bed, names, say));
  if (!withStock) return berth;
  try {
    const stock_up_s = await withBed("postgresql", names, (bed) =>
      timed(() => expectSuccess(bed.up(withoutCheckpoints))),
    );
    return { ...berth, stock_up_s, ratio_up_stock: berth.berth_up_s / stock_up_s };
  } catch (error) {
    say(`the control failed: ${String(error)}`);
    return berth;
  }
}

/** A checkpoint writes the whole state, so that their cost would hide that of the provisioner. */
const withoutCheckpoints = { PULUMI_SKIP_CHECKPOINTS: "true" };

async function measureBerth(bed: Bed, names: readonly string[], say: Say): Promise<Figures> {
  const n = names.length;
  say(`psql: roles, databases and grants of ${String(n)} apps, in one script`);
  const floor = names.map((name) => `floor-${name}`);
  const psql_s = await timed(() => runFloor(bed, floor));
  say(`psql took ${psql_s.toFixed(1)} s; now pulumi up`);
  writeFileSync(bed.sandbox.postgresLog, "");
  const berth_up_s = await timed(() => expectSuccess(bed.up(withoutCheckpoints)));
  const log = readFileSync(bed.sandbox.postgresLog, "utf8");
  say(`pulumi up took ${berth_up_s.toFixed(1)} s; now again, unchanged`);
  const berth_noop_s = await timed(() => expectSuccess(bed.pulumi(["preview"])));
  const refresh = ["refresh", "--yes", "--skip-preview"];
  const berth_refresh_s = await timed(() => expectSuccess(bed.pulumi(refresh)));
  const state = path.join(bed.sandbox.home, "state/.pulumi/stacks/berth/dev.json");
  const text = readFileSync(state, "utf8");
  return {
    ...{ n, psql_s, berth_up_s, berth_noop_s, berth_refresh_s },
    ratio_up_psql: berth_up_s / psql_s,
    state_bytes: Math.round(text.length / n),
    resources: (text.match(/"urn":/g) ?? []).length,
    logins: (log.match(/connection authorized: user=coachlight_admin/g) ?? []).length,
  };
}

async function withBed<T>(
  provisioner: "berth" | "postgresql",
  names: readonly string[],
  use: (bed: Bed) => Promise<T>,
): Promise<T> {
  const settings = { log_statement: "none", log_connections: "on" };
  const bed = await Bed.open({ settings });
  try {
    const entry = { roles: { rw: { profile: "readwrite" } } };
    for (const name of names) {
      await bed.addLogin(`${name}-db-credentials`, name.replace("-", "_"), password);
      await bed.addLogin(`${name}-rw-db-credentials`, `${name.replace("-", "_")}_rw`, password);
    }
    bed.configure((config) => {
      config["berth:apps"] = Object.fromEntries(names.map((name) => [name, entry]));
      config["berth:postgres"]["provisioner"] = provisioner;
      // Manifests are the same for both, and psql writes none.
      delete config["berth:gitops"];
    });
    return await use(bed);
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
    stock: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
if (values.help) process.stdout.write(help);
else {
  const say: Say = (line) => process.stderr.write(`${line}\n`);
  const figures = await measure(Number(values.apps), values.stock, say);
  const seconds = (time: number): string => `${time.toFixed(1)} s`;
  process.stdout.write(
    values.json
      ? `${JSON.stringify({ apps: [figures] })}\n`
      : `${String(figures.n)} apps: psql ${seconds(figures.psql_s)}, pulumi up ${seconds(figures.berth_up_s)} (${figures.ratio_up_psql.toFixed(2)} of psql), unchanged preview ${seconds(figures.berth_noop_s)}, refresh ${seconds(figures.berth_refresh_s)}\n`,
  );
}
