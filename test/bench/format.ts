import type { Figures } from "./measure.ts";

/** Figures for a terminal, one a line. */

type Row = readonly [label: string, value: string];

const time = (seconds: number): string => `${seconds.toFixed(1)} s`;
const ofCpu = (seconds: number | undefined): string =>
  seconds === undefined ? "" : `, ${time(seconds)} of processor time`;
const ratio = (value: number): string => value.toFixed(2);

export function formatFigures(figures: Figures): string {
  const rows = [...listFloors(figures), ...listBerth(figures), ...listRest(figures)];
  const lines = rows.map(([label, value]) => `  ${label.padEnd(28)}${value}\n`);
  const { n, superuser, rounds } = figures;
  const how = `${superuser ? "admin is a superuser" : "admin is no superuser"}, rounds: ${String(rounds)}`;
  return `${String(n)} apps (${how})\n${lines.join("")}`;
}

function listFloors({ floors, engine }: Figures): readonly Row[] {
  const { psql_s, psql_admin_s, psql_parallel_s, create_s, create_missing } = floors;
  const { tofu_s, tofu_missing = "" } = floors;
  return [
    ["psql, one script", time(psql_s)],
    ["psql, as Berth's admin", time(psql_admin_s)],
    ["psql, several at a time", time(psql_parallel_s)],
    ...Object.entries(create_s).map(([name, s]) => [`create database, ${name}`, time(s)] as const),
    ...Object.entries(create_missing).map(
      ([name, why]) => [`create database, ${name}`, `not here: ${why}`] as const,
    ),
    ["OpenTofu or Terraform", tofu_s === undefined ? `not here: ${tofu_missing}` : time(tofu_s)],
    ["preview of nothing", `${time(engine.noop_s)}${ofCpu(engine.noop_cpu_s)}`],
  ];
}

function listBerth(figures: Figures): readonly Row[] {
  const { cpu_s, ratio_up_psql, ratio_up_best, ratio_noop_engine, ratio_noop_inside } = figures;
  const up = `${ratio(ratio_up_psql)} of psql, ${ratio(ratio_up_best)} of the fastest`;
  const noop = `${ratio(ratio_noop_engine)} of nothing, ${ratio(ratio_noop_inside)} of the next`;
  const { berth_noop_outside_s: outside_s, engine } = figures;
  const outside = `${time(outside_s)}, ${ratio(outside_s / engine.noop_s)} of nothing`;
  return [
    ["pulumi up", `${time(figures.berth_up_s)}, ${up}${ofCpu(cpu_s.up)}`],
    ["preview, unchanged", `${time(figures.berth_noop_s)}, ${noop}${ofCpu(cpu_s.noop)}`],
    ["  compareInside: false", `${outside}${ofCpu(cpu_s.noop_outside)}`],
    ["  a login to each database", time(figures.logins_s)],
    ["refresh", `${time(figures.berth_refresh_s)}${ofCpu(cpu_s.refresh)}`],
  ];
}

function listRest(figures: Figures): readonly Row[] {
  const { verify, stock_up_s, ratio_up_stock = 0, stock_failure } = figures;
  const stock = `${time(stock_up_s ?? 0)}; Berth takes ${ratio(ratio_up_stock)} of it`;
  const logins = `${String(figures.logins)} logins, at most ${String(figures.logins_per_database)} to an app's database`;
  return [
    ...(stock_up_s === undefined ? [] : [["up with registry resources", stock] as const]),
    ...(stock_failure === undefined ? [] : [["registry resources failed", stock_failure] as const]),
    ["resources in state", `${String(figures.resources)}, ${String(figures.state_bytes)} B an app`],
    ["seen by the server", `${logins}; ${String(figures.statements)} statements`],
    ["peak memory", `${String(figures.peak_mib ?? "?")} MiB`],
    ...(verify === undefined
      ? []
      : [
          [
            "verify",
            `${time(verify.seconds)}, ${String(verify.checks)} checks, ${String(verify.failed)} failed`,
          ] as const,
        ]),
  ];
}
