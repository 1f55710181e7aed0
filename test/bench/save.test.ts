import { describe, expect, it } from "vitest";
import {
  floorTable,
  growthTable,
  type MeasuredApps,
  plotMeasured,
  restTable,
  scaleTable,
  stacksTable,
} from "../../dev/documents/measured.ts";
import { addTo } from "./save.ts";
import { simulate } from "./simulate.ts";

/** What becomes of figures. The figures here are round, and measured nowhere. */

const figures = (n: number, more: Partial<MeasuredApps> = {}): MeasuredApps => ({
  n,
  on: "2026-01-02",
  superuser: false,
  rounds: 1,
  floors: {
    psql_s: n / 10,
    psql_admin_s: n / 5,
    psql_parallel_s: n / 20,
    create_s: { wal_log: n / 25 },
    create_missing: { clone: "not on this\nfile system" },
    tofu_missing: "neither tofu nor terraform is on PATH",
  },
  engine: { noop_s: n / 200 },
  berth_up_s: n / 10,
  berth_noop_s: n / 100,
  berth_noop_outside_s: n / 150,
  berth_refresh_s: n / 50,
  logins_s: n / 600,
  state_bytes: 1000,
  ...more,
});

describe("saved figures", () => {
  const first = addTo(undefined, "one machine", { apps: [figures(150), figures(50)] });

  it("are kept by number of apps and kind of admin, the newest of each", () => {
    const again = [figures(150, { berth_up_s: 30 }), figures(50, { superuser: true })];
    const { apps } = addTo(first, "one machine", { apps: again });
    expect(apps.map(({ n, superuser, berth_up_s }) => [n, superuser, berth_up_s])).toEqual([
      [50, false, 5],
      [150, false, 30],
      [50, true, 5],
    ]);
  });

  it("are dropped when another machine measures", () => {
    const { apps } = addTo(first, "another machine", { apps: [figures(30)] });
    expect(apps.map(({ n }) => n)).toEqual([30]);
  });

  it("come to tables that say what was not measured, and why", () => {
    const table = floorTable(first);
    expect(table).toContain("Measured with one machine, on 2026-01-02;");
    expect(table).toContain(
      "| 150 | 1 | CREATEROLE | 15.0 s | 1.00 | 15.0 s | 30.0 s | 7.5 s | 6.0 s |",
    );
    expect(table).toContain("Not measured: clone (not on this file system).");
    expect(growthTable(first)).toContain("| 150 | CREATEROLE | 1.5 s | 10 ms | 2.00 |");
    expect(restTable(first)).toContain(
      "| 150 | CREATEROLE | 0.8 s | 0.3 s | 0.5 s | 3 ms | 0.3 s |",
    );
    const tables = { on: "2026-01-03", tables: 20_000, noop_s: 1, refresh_s: 2, role_s: 3 };
    expect(growthTable(addTo(first, "one machine", { tables }))).toContain(
      "One app with 20,000 tables:",
    );
    const one = { up_s: 10, noop_s: 1, refresh_s: 2 };
    const machine = { on: "2026-01-04", with: "another machine" };
    const stacks = { ...machine, apps: 50, stacks: [one, one], together_s: 2 };
    const several = addTo(first, "another machine", { stacks });
    expect(several.apps).toEqual(first.apps);
    const again = addTo(several, "one machine", { tables });
    expect(stacksTable(again)).toContain("another machine, on 2026-01-04");
    expect(stacksTable(again)).toContain("| 2 | 10.0 s | 1.0 s | 2.0 s |");
  });

  it("come to a plot with a line for each way", () => {
    const plot = plotMeasured(first);
    expect(plot.match(/<polyline /g)).toHaveLength(6);
    expect(plot).not.toContain("NaN");
    expect(plotMeasured(addTo(undefined, "x", { apps: [figures(30)] }))).not.toContain("NaN");
  });

  it("say that nothing was measured where nothing was", () => {
    const none = addTo(undefined, "x", {});
    for (const show of [floorTable, growthTable, restTable, scaleTable, stacksTable]) {
      expect(show(none)).toContain("Not measured yet");
    }
  });
});

describe("the simulation", () => {
  const fleet = { apps: 1000, servers: 10, killed: 0 };
  const measured = [figures(50), figures(150)];

  it("gives each runner the next stack, for as long as was measured for as many apps", () => {
    // A stack of 100 apps takes 10 s up, 1 s of preview and 2 s of refresh.
    const seconds = (runners: number): number[] => {
      const { up_h, noop_h, refresh_h } = simulate(fleet, measured, runners);
      return [up_h, noop_h, refresh_h].map((hours) => Math.round(hours * 3600));
    };
    expect(seconds(1)).toEqual([100, 10, 20]);
    expect(seconds(4)).toEqual([30, 3, 6]);
    expect(seconds(100)).toEqual([10, 1, 2]);
  });

  it("runs a killed stack again", () => {
    const { up_h } = simulate({ ...fleet, killed: 1 }, measured, 1);
    expect(up_h * 3600).toBeGreaterThan(100);
    expect(up_h * 3600).toBeLessThan(200);
    expect(scaleTable(addTo(undefined, "x", { apps: measured }))).toContain("| 25 |");
  });

  it("goes on from one number of apps in proportion", () => {
    expect(simulate(fleet, [figures(50)], 1).up_h * 3600).toBeCloseTo(100);
  });
});
