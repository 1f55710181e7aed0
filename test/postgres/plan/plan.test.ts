import fc from "fast-check";
import { expect, test } from "vitest";
import { privilegeTable } from "../../../components/config/privileges.ts";
import { toPlan, toState } from "../../../components/postgres/plan/app-state.ts";
import { planDatabase } from "../../../components/postgres/plan/plan.ts";
import { makeSpec } from "../../fakes/stack.ts";

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
        login: "always",
        setRole: undefined,
        connectionLimit: -1,
        memberOf: ["berth_prod"],
        searchPath: [],
        settings: {},
        grants: {},
      },
    ],
    database: {
      name: "netbox",
      owner: "netbox",
      encoding: "UTF8",
      connectionLimit: -1,
      settings: {},
    },
    schemas: ["public"],
    extensions: [],
    grants: [{ key: "public", grantee: "public", on: { type: "database" }, privileges: [] }],
    defaultPrivileges: [],
  });
});

test("an owner with two logins is a group, and they act as it", () => {
  const owner = { rotation: "two-logins", memberOf: ["staff"], connectionLimit: 5 };
  const { roles, database, grants } = plan({ owner, roles: { api: { profile: "readonly" } } });
  expect(database.owner).toBe("netbox_role");
  expect(roles).toMatchObject([
    { key: "owner", name: "netbox_role", login: "rotated", memberOf: ["berth_prod", "staff"] },
    { key: "api", name: "netbox_api", login: "always" },
    {
      key: "owner-a",
      name: "netbox_a",
      login: "rotated",
      setRole: "netbox_role",
      memberOf: ["berth_prod", "netbox_role"],
      connectionLimit: 5,
    },
    { key: "owner-b", name: "netbox_b", login: "rotated", setRole: "netbox_role" },
  ]);
  expect(grants.map(({ grantee }) => grantee)).toEqual([
    "public",
    "netbox_api",
    "netbox_api",
    "netbox_api",
    "netbox_api",
  ]);
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

test("memberships are complete and sorted, with the ownership role once", () => {
  const memberOf = ["zeta", "berth_test", "alpha"];
  const spec = makeSpec({ netbox: { owner: { memberOf } } }, { ownershipRole: "mark" });
  const [app] = spec.apps;
  expect(app && planDatabase(app, spec.postgres).roles[0]?.memberOf).toEqual([
    "alpha",
    "berth_test",
    "mark",
    "zeta",
  ]);
});

test("a profile and privileges of its own add up, in every schema of the app", () => {
  const privileges = { database: ["TEMPORARY"], tables: ["TRUNCATE"], functions: ["EXECUTE"] };
  const { grants, defaultPrivileges } = plan({
    roles: { web: { profile: "readonly", privileges } },
    database: { schemas: ["billing"] },
  });
  const own = grants.slice(1).map((grant) => [grant.key, grant.on, grant.privileges.join()]);
  expect(own).toEqual([
    ["web-database", { type: "database" }, "CONNECT,TEMPORARY"],
    ["web-schema", { type: "schema", schema: "public" }, "USAGE"],
    ["web-schema.billing", { type: "schema", schema: "billing" }, "USAGE"],
    ["web-table", { type: "table", schema: "public" }, "SELECT,TRUNCATE"],
    ["web-table.billing", { type: "table", schema: "billing" }, "SELECT,TRUNCATE"],
    ["web-sequence", { type: "sequence", schema: "public" }, "SELECT"],
    ["web-sequence.billing", { type: "sequence", schema: "billing" }, "SELECT"],
    ["web-function", { type: "function", schema: "public" }, "EXECUTE"],
    ["web-function.billing", { type: "function", schema: "billing" }, "EXECUTE"],
  ]);
  expect(defaultPrivileges.map((one) => [one.key, one.schema, one.privileges.join()])).toEqual([
    ["web-table", "public", "SELECT,TRUNCATE"],
    ["web-table.billing", "billing", "SELECT,TRUNCATE"],
    ["web-sequence", "public", "SELECT"],
    ["web-sequence.billing", "billing", "SELECT"],
    ["web-function", "public", "EXECUTE"],
    ["web-function.billing", "billing", "EXECUTE"],
  ]);
});

test("without a profile a role may come in, and nothing else that is not listed", () => {
  const { grants, defaultPrivileges } = plan({ roles: { web: { privileges: {} } } });
  expect(grants.slice(1).map((grant) => grant.privileges.join())).toEqual(["CONNECT", "USAGE"]);
  expect(defaultPrivileges).toEqual([]);
});

const key = fc.stringMatching(/^[a-z]{1,6}$/).filter((text) => text !== "owner");
const listed = (list: readonly string[]) => fc.subarray([...list]);
const privileges = fc.record(
  {
    database: listed(privilegeTable.database),
    schemas: listed(privilegeTable.schema),
    tables: listed(privilegeTable.table),
    sequences: listed(privilegeTable.sequence),
    functions: listed(privilegeTable.function),
  },
  { requiredKeys: [] },
);
const profile = fc.constantFrom("readwrite", "readonly");
const scoped = fc.oneof(
  fc.record({ profile }),
  fc.record({ privileges }),
  fc.record({ profile, privileges }),
);
const schemas = fc.uniqueArray(fc.constantFrom("a", "table", "billing"));
const written = fc.record({
  roles: fc.dictionary(key, scoped, { maxKeys: 5, noNullPrototype: true }),
  database: fc.record({ schemas }),
});

test("nothing but what profile and privileges list is ever granted, each thing once, never CREATE", () => {
  fc.assert(
    fc.property(written, (entry) => {
      const { grants, defaultPrivileges, ...rest } = plan(entry);
      const names = [...grants, ...defaultPrivileges.map((p) => ({ key: `default-${p.key}` }))];
      expect(new Set(names.map((item) => item.key)).size).toBe(names.length);
      expect(defaultPrivileges.every((p) => p.owner === rest.database.owner)).toBe(true);
      for (const grant of [...grants, ...defaultPrivileges]) {
        const type = "on" in grant ? grant.on.type : grant.type;
        const allowed: readonly string[] = privilegeTable[type];
        expect(grant.privileges.filter((privilege) => !allowed.includes(privilege))).toEqual([]);
        expect(grant.privileges).toEqual([...new Set(grant.privileges)].toSorted());
      }
      expect(grants.flatMap((grant) => grant.privileges)).not.toContain("CREATE");
      expect(grants.filter((g) => g.grantee === "public").map((g) => g.privileges)).toEqual([[]]);
    }),
    { numRuns: 60 },
  );
});

test("a plan comes back from the inputs of its resource as it was", () => {
  fc.assert(
    fc.property(written, (entry) => {
      const planned = plan(entry);
      expect(toPlan(toState(planned, "berth_prod", "retain"), "berth_prod")).toEqual(planned);
    }),
    { numRuns: 60 },
  );
});

test("privileges in one schema or on some tables are part of the same grants", () => {
  const { grants, defaultPrivileges } = plan({
    database: { schemas: ["hr"] },
    roles: {
      all: { profile: "readonly", except: ["hr.salaries"] },
      some: { privileges: [{ schema: "hr", tables: { bills: ["SELECT"] } }] },
    },
  });
  const own = grants.slice(1).map((one) => [one.key, one.privileges.join(), one.named]);
  expect(own).toEqual([
    ["all-database", "CONNECT", undefined],
    ["all-schema", "USAGE", undefined],
    ["all-schema.hr", "USAGE", undefined],
    ["all-table", "SELECT", undefined],
    ["all-table.hr", "SELECT", new Map([["salaries", []]])],
    ["all-sequence", "SELECT", undefined],
    ["all-sequence.hr", "SELECT", new Map([["salaries", []]])],
    ["some-database", "CONNECT", undefined],
    ["some-schema.hr", "USAGE", undefined],
    ["some-table.hr", "", new Map([["bills", ["SELECT"]]])],
  ]);
  expect(defaultPrivileges.map(({ key }) => key)).toEqual(["all-table", "all-sequence"]);
});

test("with all schemas of the owner its later ones are open to a role, but not with an exception", () => {
  const { patterns, schemas, defaultPrivileges } = plan({
    database: { schemas: "all" },
    roles: {
      all: { profile: "readonly" },
      less: { profile: "readonly", except: ["hr.salaries"] },
    },
  });
  expect([schemas, patterns]).toEqual([["public"], ["*"]]);
  const everywhere = defaultPrivileges.filter(({ schema }) => schema === null);
  expect(everywhere.map(({ grantee, type }) => [grantee, type])).toEqual([
    ["netbox_all", "schema"],
    ["netbox_all", "table"],
    ["netbox_all", "sequence"],
    ["netbox_less", "schema"],
  ]);
});
