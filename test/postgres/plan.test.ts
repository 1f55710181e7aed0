import fc from "fast-check";
import { expect, test } from "vitest";
import { planDatabase } from "../../components/postgres/plan.ts";
import { makeSpec } from "../fakes/stack.ts";

function plan(entry: unknown) {
  const spec = makeSpec({ netbox: entry });
  const [app] = spec.apps;
  if (app === undefined) throw new Error("the stack has no app");
  return planDatabase(app, spec.postgres);
}

test("an app gets a role, marked as this stack's, and a database that PUBLIC may not enter", () => {
  expect(plan(null)).toEqual({
    app: "netbox",
    adopt: false,
    roles: [
      {
        key: "owner",
        name: "netbox",
        profile: "owner",
        connectionLimit: -1,
        memberOf: ["berth_prod"],
        searchPath: [],
      },
    ],
    database: { name: "netbox", owner: "netbox", encoding: "UTF8", connectionLimit: -1 },
    grants: [{ key: "public", grantee: "public", on: { type: "database" }, privileges: [] }],
    defaultPrivileges: [],
  });
});

test.each([
  ["readwrite", ["DELETE", "INSERT", "SELECT", "UPDATE"], ["SELECT", "USAGE"]],
  ["readonly", ["SELECT"], ["SELECT"]],
])("a %s role gets the owner's tables of today and of tomorrow", (profile, table, sequence) => {
  const { grants, defaultPrivileges } = plan({ roles: { web: { profile } } });
  const schema = "public";
  const grantee = "netbox_web";
  expect(grants.slice(1)).toEqual([
    { key: "web-database", grantee, on: { type: "database" }, privileges: ["CONNECT"] },
    { key: "web-schema", grantee, on: { type: "schema", schema }, privileges: ["USAGE"] },
    { key: "web-table", grantee, on: { type: "table", schema }, privileges: table },
    { key: "web-sequence", grantee, on: { type: "sequence", schema }, privileges: sequence },
  ]);
  const common = { owner: "netbox", grantee, schema };
  expect(defaultPrivileges).toEqual([
    { key: "web-table", ...common, type: "table", privileges: table },
    { key: "web-sequence", ...common, type: "sequence", privileges: sequence },
  ]);
});

test("PUBLIC keeps what it has where the entry says so, as with an adopted database", () => {
  expect(plan({ database: { revokePublic: false } }).grants).toEqual([]);
  expect(plan({ adopt: true }).grants).toEqual([]);
});

test("memberships are complete and sorted, with the marker once", () => {
  const memberOf = ["zeta", "berth_test", "alpha"];
  const spec = makeSpec({ netbox: { owner: { memberOf } } }, { markerRole: "mark" });
  const [app] = spec.apps;
  expect(app && planDatabase(app, spec.postgres).roles[0]?.memberOf).toEqual([
    ...["alpha", "berth_test", "mark", "zeta"],
  ]);
});

const key = fc.stringMatching(/^[a-z]{1,6}$/).filter((text) => text !== "owner");
const scoped = fc.record({ profile: fc.constantFrom("readwrite", "readonly") });

test("nothing but CONNECT, USAGE and the owner's objects is ever granted, each thing once", () => {
  fc.assert(
    fc.property(fc.dictionary(key, scoped, { maxKeys: 5, noNullPrototype: true }), (roles) => {
      const { grants, defaultPrivileges, ...rest } = plan({ roles });
      const names = [...grants, ...defaultPrivileges.map((p) => ({ key: `default-${p.key}` }))];
      expect(new Set(names.map((item) => item.key)).size).toBe(names.length);
      expect(defaultPrivileges.every((p) => p.owner === rest.database.owner)).toBe(true);
      const given = [...grants, ...defaultPrivileges].flatMap((p) => p.privileges);
      const allowed = ["CONNECT", "USAGE", "SELECT", "INSERT", "UPDATE", "DELETE"];
      expect(given.filter((privilege) => !allowed.includes(privilege))).toEqual([]);
      expect(grants.filter((g) => g.grantee === "public").map((g) => g.privileges)).toEqual([[]]);
    }),
    { numRuns: 30 },
  );
});
