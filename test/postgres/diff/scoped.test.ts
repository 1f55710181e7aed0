import { describe, expect, it } from "vitest";
import type { LiveAccess, LiveObject } from "../../../components/postgres/catalog/access.ts";
import { decideAccess } from "../../../components/postgres/diff/access/decide.ts";
import { planDatabase } from "../../../components/postgres/plan/plan.ts";
import { hiddenVerifiers, toStatement } from "../../../components/postgres/statements/sql.ts";
import { goodServer, liveDatabase } from "../../fakes/catalog.ts";
import { makeApp, makeSpec } from "../../fakes/stack.ts";

/** What a run changes where roles have privileges on part of the objects; test/provider/app-database/scoped has a server. */

const { postgres } = makeSpec({});
const privileges = ["PUBLIC=CONNECT", "shop_ro=CONNECT"];

const schema = (name: string, more: Partial<LiveObject> = {}): LiveObject => ({
  type: "schema",
  schema: name,
  name,
  owner: "shop",
  privileges: [],
  ...more,
});
const table = (place: string, name: string, held: readonly string[] = []): LiveObject => ({
  type: "table",
  schema: place,
  name,
  owner: "shop",
  privileges: held.map((one) => `shop_ro=${one}`),
});

/** Statements inside the database, of an app whose only further role is `ro`. */
function decide(
  entry: { readonly ro?: object; readonly schemas?: unknown },
  access: Partial<LiveAccess>,
  former: Parameters<typeof decideAccess>[2] = [],
): string[] {
  const { ro, schemas = [] } = entry;
  const roles = ro === undefined ? {} : { ro };
  const app = makeApp({ roles, database: { schemas, revokePublic: false } }, "shop");
  const live = {
    server: goodServer,
    database: liveDatabase("shop", "shop", { privileges }),
    access: { objects: [], defaults: [], extensions: [], ...access },
  };
  return decideAccess(planDatabase(app, postgres), live, former)
    .actions.map((action) => toStatement(action, hiddenVerifiers))
    .filter((statement) => !statement.includes(" DATABASE "));
}

const entered = { privileges: ["shop_ro=USAGE"] };

describe("tables by name", () => {
  const objects = [
    schema("public", entered),
    table("public", "bills", ["SELECT"]),
    table("public", "salaries", ["SELECT"]),
    table("public", "toString"),
  ];

  it("are left out, and what is made later with them", () => {
    const defaults = [{ type: "table", schema: "public", owner: "shop" } as const].map((one) => ({
      ...one,
      privileges: ["shop_ro=SELECT"],
    }));
    const ro = { profile: "readonly", except: ["salaries"] };
    expect(decide({ ro }, { objects, defaults })).toEqual([
      'ALTER DEFAULT PRIVILEGES FOR ROLE "shop" IN SCHEMA "public" REVOKE SELECT ON TABLES FROM "shop_ro"',
      'REVOKE SELECT ON TABLE "public"."salaries" FROM "shop_ro"',
      'GRANT SELECT ON TABLE "public"."toString" TO "shop_ro"',
    ]);
  });

  it("are given alone", () => {
    const ro = { privileges: [{ tables: { bills: ["SELECT", "UPDATE"] } }] };
    expect(decide({ ro }, { objects })).toEqual([
      'GRANT UPDATE ON TABLE "public"."bills" TO "shop_ro"',
      'REVOKE SELECT ON TABLE "public"."salaries" FROM "shop_ro"',
    ]);
  });
});

describe("schemas that the owner made", () => {
  const objects = [
    schema("public", entered),
    schema("tenant_1"),
    table("tenant_1", "t"),
    schema("tenant_2", { owner: "bob" }),
    schema("own"),
  ];
  const ro = { privileges: { tables: ["SELECT"] } };

  it("are open to the roles where a pattern stands for them", () => {
    const found = decide({ ro, schemas: ["tenant_*"] }, { objects });
    expect(found).toContain('GRANT USAGE ON SCHEMA "tenant_1" TO "shop_ro"');
    expect(found).toContain('GRANT SELECT ON TABLE "tenant_1"."t" TO "shop_ro"');
    expect(found.filter((statement) => /tenant_2|own/.test(statement))).toEqual([]);
  });

  const everywhere = ["SCHEMAS", "TABLES"].map(
    (what) =>
      `ALTER DEFAULT PRIVILEGES FOR ROLE "shop" GRANT ${what === "TABLES" ? "SELECT" : "USAGE"} ON ${what} TO "shop_ro"`,
  );

  it("are open with those to come, where the entry says all", () => {
    const found = decide({ ro, schemas: "all" }, { objects });
    expect(found.slice(0, 2)).toEqual(everywhere);
    expect(found).toContain('GRANT USAGE ON SCHEMA "own" TO "shop_ro"');
    // What holds in every schema is not given once more in each.
    expect(found.filter((statement) => statement.includes("IN SCHEMA"))).toEqual([]);
  });

  it("may be open to a role with each schema by hand, and to no other", () => {
    const defaults = (["schema", "table"] as const).map((type) => ({
      type,
      schema: null,
      owner: "shop",
      privileges: [type === "table" ? "shop_ro=SELECT" : "shop_ro=USAGE"],
    }));
    const revoke = everywhere.map((text) => text.replace("GRANT", "REVOKE").replace("TO", "FROM"));
    const of = (given: object) =>
      decide({ ro: given }, { objects: [schema("public", entered)], defaults }).filter((one) =>
        one.includes("REVOKE"),
      );
    expect(of(ro)).toEqual([]);
    expect(of({ ...ro, except: ["t"] })).toEqual(revoke.slice(1));
    expect(of({ privileges: [{ schema: "public", tables: ["SELECT"] }] })).toEqual(revoke);
    const former = [{ key: "ro", name: "shop_ro" }];
    expect(decide({}, { objects: [], defaults }, former)).toEqual(revoke);
  });

  it("are closed to a role that leaves", () => {
    const given = [schema("own", entered), table("own", "t", ["SELECT"])];
    expect(decide({}, { objects: given }, [{ key: "ro", name: "shop_ro" }])).toEqual([
      'REVOKE USAGE ON SCHEMA "own" FROM "shop_ro"',
      'REVOKE SELECT ON TABLE "own"."t" FROM "shop_ro"',
    ]);
  });
});
