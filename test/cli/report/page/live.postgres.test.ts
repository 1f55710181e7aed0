import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { inspectStack, type LiveStack } from "../../../../cli/report/page/live.ts";
import { toStackReport } from "../../../../cli/report/page/model.ts";
import { toPage } from "../../../../cli/report/page/page.ts";
import type { StackSpec } from "../../../../components/config/spec.ts";
import { withServer } from "../../../../components/postgres/server/reach.ts";
import { toJsonText } from "../../../../components/terminal-text.ts";
import { admin, adminCredential, rolePassword } from "../../../provider/app-database/bed.ts";
import { openVerifyBed, type VerifyBed } from "../../verify/bed.ts";

/** The report of a real server: own and foreign roles as they are, with what differs, and without a secret. */

let verifyBed: VerifyBed;
let spec: StackSpec;
let live: LiveStack;

beforeAll(async () => {
  verifyBed = await openVerifyBed(3);
  const { bed } = verifyBed;
  await bed.sql("create role grafana login password 'grafana-of-this-test'");
  await bed.sql("grant connect on database app1 to grafana");
  await bed.sql("create role analyst login in role app2_ro");
  await bed.sql("alter role app1_rw connection limit 3");
  await bed.sqlAs("app2", "app2", 'grant insert on public.item to "app2_ro"');
  bed.clearLog();
  ({ spec, live } = await withServer(verifyBed.spec.postgres, (target) =>
    inspectStack(verifyBed.spec, target, adminCredential),
  ));
}, 120_000);

afterAll(async () => {
  await verifyBed.bed.close();
});

describe("report --live", () => {
  it("shows own and foreign roles, with PUBLIC and memberships counted", () => {
    const { matrix } = toStackReport(spec, spec.apps, live);
    const cellsOf = (name: string) => matrix.rows.find(({ role }) => role === name)?.cells;
    expect(cellsOf("grafana")).toMatchObject({ app1: { level: "connect", via: undefined } });
    expect(cellsOf("analyst")).toMatchObject({ app2: { level: "readonly", via: "app2_ro" } });
    expect(cellsOf("app1")).toMatchObject({
      app1: { level: "owner" },
      paperless: { level: "connect", via: "PUBLIC" },
    });
    expect(cellsOf("app1")).not.toHaveProperty("app2");
    expect(cellsOf("postgres")?.["app2"]).toEqual({ level: "superuser", via: undefined });
  });

  it("says what differs from the stack file, outside and inside of a database", () => {
    const { apps, warnings } = toStackReport(spec, spec.apps, live);
    expect(apps.slice(0, 2).map(({ app, state }) => [app, state])).toEqual([
      ["app1", { isThere: true, drift: ["role app1_rw gets connection limit -1"] }],
      ["app2", { isThere: true, drift: ["role app2_ro loses INSERT on table public.item"] }],
    ]);
    expect(warnings.map(({ fix }) => fix)).toEqual(
      expect.arrayContaining([
        'REVOKE CONNECT ON DATABASE "app1" FROM "grafana";',
        'ALTER ROLE "app1_rw" CONNECTION LIMIT -1;',
        'REVOKE INSERT ON TABLE "public"."item" FROM "app2_ro";',
      ]),
    );
  });

  it("changes nothing, and shows no password and no verifier", () => {
    const report = toStackReport(spec, spec.apps, live);
    expect(verifyBed.bed.writes()).toEqual([]);
    for (const text of [toPage(report), toJsonText(report)]) {
      for (const secret of [
        admin.password,
        "grafana-of-this-test",
        rolePassword("app1"),
        "SCRAM-SHA-256$",
      ]) {
        expect(text).not.toContain(secret);
      }
    }
  });
});
