import { beforeEach, describe, expect, it } from "vitest";
import type { AppDecision } from "../../../components/postgres/diff/decide-app.ts";
import type { Action } from "../../../components/postgres/statements/actions.ts";
import { RunReports } from "../../../provider/app-database/run-reports.ts";
import type { Report } from "../../../provider/rpc/engine-log.ts";

/** What the operator sees of one run: what is the stack's once, and each app's own error. */

let said: string[];
let reports: RunReports;

beforeEach(() => {
  said = [];
  const report: Report = (severity, urn, text) => void said.push(`${severity} ${urn} ${text}`);
  reports = new RunReports(report);
  reports.setProvider("berth");
});

const ownershipRole: Action = { kind: "create-ownership-role", path: "roles", role: "berth_prod" };
const join = (role: string): Action => ({ kind: "join", path: "roles", role, group: "berth_prod" });
const noSteps = { roles: [], database: [], leaving: [], inside: [] };
const decision = (more: Partial<AppDecision>): AppDecision => ({
  problems: [],
  steps: noSteps,
  adopting: [],
  notes: [],
  superuser: [],
  unstated: [],
  ...more,
});
const show = (app: string, more: Partial<AppDecision>) => {
  const plan = { app, database: { name: app } } as Parameters<RunReports["showPreview"]>[1]["plan"];
  reports.showPreview(app, { plan, leftBehind: [] }, decision(more), "berth_prod");
};
const refused = {
  problems: [{ code: "server", app: "shop", at: "roles", what: "no" }],
} as unknown as Partial<AppDecision>;

describe("a preview", () => {
  it("shows the stack's statements once, and those of each app under its name", () => {
    for (const app of ["shop", "wiki"])
      show(app, { steps: { ...noSteps, roles: [ownershipRole, join(app)] } });
    expect(said.map((text) => text.split("\n")[0])).toEqual([
      "info berth stack: 1 statement",
      "info shop app shop: 1 statement",
      "info wiki app wiki: 1 statement",
    ]);
  });

  it("says nothing where nothing changes", () => {
    show("shop", {});
    expect(said).toEqual([]);
  });

  it("ends with the first app that it refuses, for a program that does not ask", () => {
    expect(() => {
      show("shop", refused);
    }).toThrow("app shop: no");
  });

  it("goes on after an app that it refuses, and names it to a program that asks", () => {
    const run = { urn: "berth", collectRefused: true };
    expect(reports.answer("berth:postgres:beginRun", run)).toEqual({});
    show("shop", refused);
    show("wiki", { steps: { ...noSteps, roles: [join("wiki")] } });
    expect(said[0]).toContain("error shop Postgres: 1 problem\n  - app shop: no");
    expect(said[1]).toContain("info wiki app wiki: 1 statement");
    const names = ["app shop"];
    expect(reports.answer("berth:postgres:getRefused", {})).toEqual({ names });
    expect(reports.answer("berth:postgres:other", {})).toBeUndefined();
  });
});

it("says once of an app that leaves what stays", () => {
  const place = { database: "old", roles: ["old"] };
  reports.noteKept("berth", "old", place);
  reports.noteKept("the resource", "old", place);
  expect(said).toEqual([
    'info berth app old leaves the stack: database "old", its rows and login old stay on the server (reclaimPolicy: retain)',
  ]);
});
