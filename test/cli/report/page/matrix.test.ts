import { describe, expect, it } from "vitest";
import {
  keepApps,
  type Matrix,
  toLiveMatrix,
  toPlannedMatrix,
} from "../../../../cli/report/page/matrix.ts";
import { planDatabase } from "../../../../components/postgres/plan/plan.ts";
import { liveDatabase, liveRole, makeCatalog } from "../../../fakes/catalog.ts";
import { makeSpec } from "../../../fakes/stack.ts";
import { sampleReport } from "./sample.ts";

/** Who may use which database, with PUBLIC and memberships. */

const cellsOf = ({ rows }: Matrix, name: string) => rows.find(({ role }) => role === name)?.cells;
const planned = (apps: Record<string, object>): Matrix => {
  const spec = makeSpec(apps);
  return toPlannedMatrix(
    spec.apps.map((app) => planDatabase(app, spec.postgres)),
    spec,
  );
};
const by = (level: string, via?: string) => ({ level, via });

describe("from the stack file", () => {
  it("has each role in its own database only", () => {
    const matrix = planned({ wiki: { roles: { ro: { profile: "readonly" } } }, shop: {} });
    expect(matrix.databases.map(({ name }) => name)).toEqual(["shop", "wiki"]);
    expect(cellsOf(matrix, "wiki")).toEqual({ wiki: by("owner") });
    expect(cellsOf(matrix, "wiki_ro")).toEqual({ wiki: by("readonly") });
    expect(cellsOf(matrix, "PUBLIC")).toEqual({});
    expect(matrix.unread).toEqual(["paperless"]);
  });

  it("counts PUBLIC where a database keeps it", () => {
    const matrix = planned({ wiki: {}, open: { database: { revokePublic: false } } });
    expect(cellsOf(matrix, "PUBLIC")).toEqual({ open: by("connect") });
    expect(cellsOf(matrix, "wiki")).toEqual({ open: by("connect", "PUBLIC"), wiki: by("owner") });
    expect(cellsOf(matrix, "open")).toEqual({ open: by("owner") });
  });

  it("counts the logins of an owner that has two", () => {
    const matrix = planned({ wiki: { owner: { rotation: "two-logins" } } });
    expect(cellsOf(matrix, "wiki_a")).toEqual({ wiki: by("owner", "wiki_role") });
    expect(cellsOf(matrix, "wiki_role")).toEqual({ wiki: by("owner") });
  });
});

describe("from a server", () => {
  const live = (
    roles: Parameters<typeof makeCatalog>[0],
    databases: Parameters<typeof makeCatalog>[1],
  ) => toLiveMatrix([], makeCatalog(roles, databases), "berth_prod");

  it("follows memberships of memberships, in a circle too", () => {
    const roles = [
      liveRole("a", { memberOf: ["b"] }),
      liveRole("b", { memberOf: ["c"] }),
      liveRole("c", { memberOf: ["a"] }),
    ];
    const matrix = live(roles, [liveDatabase("d", "c", { privileges: ["b=CONNECT"] })]);
    expect(cellsOf(matrix, "a")).toEqual({ d: by("owner", "c") });
    expect(cellsOf(matrix, "c")).toEqual({ d: by("owner") });
  });

  it("shows a superuser everywhere, and what another role than the owner granted", () => {
    const others = [{ grantee: "guest", privilege: "CONNECT", grantor: "x" }];
    const matrix = live(
      [liveRole("root", { isSuperuser: true }), liveRole("guest")],
      [liveDatabase("d", "x", { privileges: [], others })],
    );
    expect(cellsOf(matrix, "root")).toEqual({ d: by("superuser") });
    expect(cellsOf(matrix, "guest")).toEqual({ d: by("connect") });
  });

  it("leaves out Postgres' own roles, templates, and roles that can use nothing", () => {
    const matrix = live(
      [liveRole("pg_monitor"), liveRole("nobody"), liveRole("berth_prod")],
      [liveDatabase("template0", "postgres", { allowsConnections: false, privileges: [] })],
    );
    expect(matrix.rows.map(({ role }) => role)).toEqual(["PUBLIC"]);
    expect(matrix.databases).toEqual([]);
  });

  it("reads a grantee whose name has an equals sign", () => {
    const matrix = live(
      [liveRole("a=b")],
      [liveDatabase("d", "x", { privileges: ["a=b=CONNECT"] })],
    );
    expect(cellsOf(matrix, "a=b")).toEqual({ d: by("connect") });
  });

  it("has the stack's roles first, then those of others", () => {
    const { matrix } = sampleReport;
    const apps = matrix.rows.map(({ app }) => app);
    expect(apps.slice(0, 4)).toEqual(["shop", "shop", "wiki", "wiki"]);
    expect(apps.slice(4).every((app) => app === undefined)).toBe(true);
    expect(cellsOf(matrix, "wiki_reports")).toMatchObject({
      wiki: by("readonly"),
      warehouse: by("connect", "analysts"),
      paperless: by("connect", "PUBLIC"),
    });
  });
});

it("keeps of one app its rows, and every database that they reach", () => {
  const kept = keepApps(sampleReport.matrix, new Set(["wiki"]));
  expect(kept.rows.map(({ role }) => role).toSorted()).toEqual(["PUBLIC", "wiki", "wiki_reports"]);
  expect(kept.databases.map(({ name }) => name)).toEqual([
    "wiki",
    "paperless",
    "postgres",
    "warehouse",
  ]);
});
