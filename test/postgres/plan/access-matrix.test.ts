import { expect, test } from "vitest";
import { toAccessMatrix } from "../../../components/postgres/plan/access-matrix.ts";
import { planDatabase } from "../../../components/postgres/plan/plan.ts";
import { makeApp, makeSpec } from "../../fakes/stack.ts";

const { postgres } = makeSpec({});
const toMatrix = (entry: object) => toAccessMatrix(planDatabase(makeApp(entry), postgres));

test("a role has what it is granted now, and what it will have on what the owner makes", () => {
  const { columns, rows } = toMatrix({ roles: { ro: { profile: "readonly" } } });
  expect(columns).toEqual(["database", "schema public", "tables in public", "sequences in public"]);
  const access = Object.fromEntries(rows.map((row) => [row.role, row.access]));
  expect(access["netbox_ro"]?.["tables in public"]).toEqual({ now: ["SELECT"], later: ["SELECT"] });
  expect(access["netbox_ro"]?.["database"]).toEqual({ now: ["CONNECT"], later: [] });
  expect(access["netbox"]?.["tables in public"]?.now).toEqual(["ALL"]);
});

test("an app with one role has the same columns", () => {
  const { columns, rows } = toMatrix({});
  expect(columns).toEqual(["database", "schema public", "tables in public", "sequences in public"]);
  expect(rows[0]?.access["tables in public"]?.now).toEqual(["ALL"]);
});

test("PUBLIC may enter a database only where the entry leaves it that", () => {
  const publicRow = (entry: object) => toMatrix(entry).rows.at(-1)?.access["database"]?.now;
  expect(publicRow({})).toEqual([]);
  expect(publicRow({ adopt: true })).toEqual(["CONNECT", "TEMPORARY"]);
});

test("tables by name and patterns of schemas have columns of their own", () => {
  const { columns, rows } = toMatrix({
    database: { schemas: ["tenant_*"] },
    roles: {
      ro: { profile: "readonly", except: ["secrets"] },
      bi: { privileges: [{ tables: { bills: ["SELECT"] } }] },
    },
  });
  expect(columns).toEqual(
    expect.arrayContaining(["tables in tenant_*", "table public.bills", "table tenant_*.secrets"]),
  );
  const access = Object.fromEntries(rows.map((row) => [row.role, row.access]));
  expect(access["netbox_bi"]?.["table public.bills"]).toEqual({ now: ["SELECT"], later: [] });
  expect(access["netbox_ro"]?.["table public.secrets"]).toEqual({ now: [], later: [] });
  expect(access["netbox_ro"]?.["tables in public"]).toEqual({ now: ["SELECT"], later: [] });
});
