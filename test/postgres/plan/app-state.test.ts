import { describe, expect, it } from "vitest";
import { decideAccess } from "../../../components/postgres/diff/access/decide.ts";
import { toLiveState } from "../../../components/postgres/diff/drift.ts";
import { decideRoles, type RoleContext } from "../../../components/postgres/diff/roles.ts";
import type { AppDatabaseState } from "../../../components/postgres/plan/app-properties.ts";
import { toPlan, toState } from "../../../components/postgres/plan/app-state.ts";
import { withDefaults, withoutDefaults } from "../../../components/postgres/plan/defaults.ts";
import {
  type DatabasePlan,
  planDatabase,
  planDatabases,
} from "../../../components/postgres/plan/plan.ts";
import { describeAction } from "../../../components/postgres/statements/actions.ts";
import { hiddenVerifiers, toStatement } from "../../../components/postgres/statements/sql.ts";
import type { PropertyMap } from "../../../provider/rpc/property-values.ts";
import { goodServer, liveDatabase, liveRole } from "../../fakes/catalog.ts";
import { makeSpec } from "../../fakes/stack.ts";

const spec = makeSpec({
  basketball: {
    owner: { memberOf: ["readers"], searchPath: ["app", "public"], connectionLimit: 5 },
    roles: { admin: { profile: "readwrite", name: "admin_app" }, report: { profile: "readonly" } },
    database: { connectionLimit: 30 },
  },
  legacy: { adopt: true },
  shop: {
    reclaimPolicy: "delete",
    roles: {
      rw: { profile: "readwrite", privileges: { tables: ["TRUNCATE"] } },
      job: { privileges: { functions: ["EXECUTE"] }, connectionLimit: 2 },
    },
    database: { schemas: ["stock"], extensions: ["pg_trgm"], revokePublic: false },
  },
  parts: {
    roles: {
      ro: { profile: "readonly", except: ["salaries", "hr.bills"] },
      bi: {
        privileges: [
          { schema: "hr", tables: ["SELECT"] },
          { tables: { bills: ["UPDATE"] } },
          { database: ["TEMPORARY"] },
        ],
      },
    },
    database: { schemas: ["hr", "tenant_*"] },
  },
  wiki: { owner: { rotation: "two-logins" }, roles: { api: { profile: "readonly" } } },
  radarr: { database: { names: ["radarr_main", "radarr_log"] } },
});
const { ownershipRole } = spec.postgres;
const plans = spec.apps.flatMap((app) => planDatabases(app, spec.postgres));
const [basketball] = plans;
if (basketball === undefined) throw new Error("no plan");
const context: RoleContext = {
  ownershipRole,
  hasPassword: () => true,
  needsPassword: () => false,
  formerRoles: [],
};
const empty = { server: goodServer, roles: new Map(), databases: new Map() };

describe("inputs that leave out what goes without saying", () => {
  const inputsOf = (plan: DatabasePlan) =>
    withoutDefaults(toState(plan, ownershipRole, plan.app === "shop" ? "delete" : "retain"));

  it.each(plans)("come back in full: $app", (plan) => {
    const inputs: unknown = JSON.parse(JSON.stringify(inputsOf(plan)));
    const full = withDefaults(inputs as PropertyMap) as unknown as AppDatabaseState;
    expect(toPlan(full, ownershipRole)).toEqual(plan);
    expect(withDefaults({ ...full })).toEqual(full);
  });

  it("may have the names of an earlier version", () => {
    const wiki = plans.find(({ app }) => app === "wiki");
    const now = JSON.stringify(inputsOf(wiki ?? basketball));
    const before = now.replaceAll("setRole", "actsAs").replaceAll("rotated", "in-turn");
    expect(before).toContain('"login":"in-turn","actsAs":"wiki_role"');
    expect(withDefaults(JSON.parse(before) as PropertyMap)).toEqual(
      withDefaults(JSON.parse(now) as PropertyMap),
    );
  });

  it("are little more than the names, for most apps", () => {
    const { apps } = makeSpec({ usual: { roles: { rw: { profile: "readwrite" } } } });
    expect(apps.map((app) => inputsOf(planDatabase(app, spec.postgres)))).toEqual([
      {
        app: "usual",
        database: { name: "usual" },
        roles: {
          owner: { name: "usual", profile: "owner" },
          rw: { name: "usual_rw", profile: "readwrite" },
        },
      },
    ]);
  });
});

describe("roles", () => {
  it("are made as members of the ownership role, and no statement shows a verifier", () => {
    const actions = decideRoles(basketball, empty, context);
    expect(actions.map((action) => toStatement(action, hiddenVerifiers))).toEqual([
      `CREATE ROLE "berth_prod" NOLOGIN VALID UNTIL 'infinity'`,
      `CREATE ROLE "basketball" LOGIN CONNECTION LIMIT 5 VALID UNTIL 'infinity' PASSWORD '‹verifier›'`,
      'GRANT "berth_prod" TO "basketball"',
      'GRANT "readers" TO "basketball"',
      'ALTER ROLE "basketball" SET search_path TO "app", "public"',
      `CREATE ROLE "admin_app" LOGIN VALID UNTIL 'infinity' PASSWORD '‹verifier›'`,
      'GRANT "berth_prod" TO "admin_app"',
      `CREATE ROLE "basketball_report" LOGIN VALID UNTIL 'infinity' PASSWORD '‹verifier›'`,
      'GRANT "berth_prod" TO "basketball_report"',
    ]);
  });

  it("before 16 the admin is made a member of the owner, or it could give it no database", () => {
    const server = { ...goodServer, versionNumber: 150_018 };
    const statements = decideRoles(basketball, { ...empty, server }, context).map((action) =>
      toStatement(action, hiddenVerifiers),
    );
    expect(statements.at(-1)).toBe('GRANT "basketball" TO CURRENT_USER');
    const superuser = { ...server, isSuperuser: true };
    expect(decideRoles(basketball, { ...empty, server: superuser }, context)).toHaveLength(9);
  });

  it("lose powers that somebody gave them", () => {
    const roles = new Map([
      [ownershipRole, liveRole(ownershipRole, { canLogin: false })],
      ...basketball.roles.map(
        (role) =>
          [
            role.name,
            liveRole(role.name, {
              adminIsMember: true,
              memberOf: role.memberOf,
              connectionLimit: role.connectionLimit,
              settings: role.searchPath.length > 0 ? ["search_path=app, public"] : [],
            }),
          ] as const,
      ),
    ]);
    expect(decideRoles(basketball, { ...empty, roles }, context)).toEqual([]);
    roles.set(
      "admin_app",
      liveRole("admin_app", {
        memberOf: [ownershipRole, "pg_write_all_data"],
        memberships: ["another", "postgres"].map((grantor) => ({
          group: "pg_write_all_data",
          grantor,
        })),
        canCreateRole: true,
        bypassesRls: true,
      }),
    );
    const server = { ...empty.server, bypassesRls: true };
    const actions = decideRoles(basketball, { ...empty, server, roles }, context);
    expect(actions.map(describeAction)).toEqual([
      "role admin_app becomes NOCREATEROLE NOBYPASSRLS",
      "role admin_app is no longer a member of pg_write_all_data (granted by another)",
      "role admin_app is no longer a member of pg_write_all_data (granted by postgres)",
    ]);
    expect(actions.map(({ path }) => path)).toEqual([
      "roles.admin.attributes",
      "roles.admin.memberOf",
      "roles.admin.memberOf",
    ]);
  });
});

describe("access", () => {
  const database = liveDatabase("basketball", "basketball", {
    connectionLimit: 30,
    privileges: ["PUBLIC=CONNECT", "PUBLIC=TEMPORARY", "stranger=CONNECT"],
  });
  const publicSchema = {
    type: "schema" as const,
    schema: "public",
    name: "public",
    owner: "pg_database_owner",
    privileges: ["public=USAGE"],
  };

  it("covers what exists with one statement a kind, and leaves other owners' things alone", () => {
    const table = (name: string, owner: string, privileges: readonly string[] = []) => ({
      type: "table" as const,
      schema: "public",
      name,
      owner,
      privileges,
    });
    const objects = [
      publicSchema,
      table("games", "basketball"),
      table('te"ams', "basketball"),
      table("spatial_ref_sys", "postgres"),
      table("scores", "basketball", ["basketball_report=SELECT", "basketball_report=TRUNCATE"]),
    ];
    const live = {
      server: goodServer,
      database,
      access: { objects, defaults: [], extensions: [] },
    };
    const { actions } = decideAccess(basketball, live, []);
    const statements = actions.map((action) => toStatement(action, hiddenVerifiers));
    expect(statements).toContain(
      'GRANT SELECT ON TABLE "public"."games", "public"."te""ams" TO "basketball_report"',
    );
    expect(statements).toContain(
      'REVOKE TRUNCATE ON TABLE "public"."scores" FROM "basketball_report"',
    );
    expect(statements.join()).not.toContain("spatial_ref_sys");
    expect(statements.join()).not.toContain("stranger");
    const state = toState(basketball, ownershipRole, "retain");
    const found = toLiveState(state, actions, empty);
    expect(found.database.revokePublic).toBe(false);
    expect(found.roles["report"]?.grants).toEqual({
      database: [],
      schema: [],
      table: ["TRUNCATE"],
      sequence: [],
    });
  });

  it("takes CREATE on schema public from PUBLIC where a 14 gave it, and says so where it cannot", () => {
    const open = {
      ...publicSchema,
      owner: "postgres",
      privileges: ["public=CREATE", "public=USAGE"],
    };
    const access = { objects: [open], defaults: [], extensions: [] };
    const closing = [
      'GRANT CREATE, USAGE ON SCHEMA "public" TO "basketball"',
      'REVOKE CREATE ON SCHEMA "public" FROM PUBLIC',
    ];
    const asSuperuser = { ...goodServer, isSuperuser: true };
    const done = decideAccess(basketball, { server: asSuperuser, database, access }, []);
    const statements = done.actions.map((action) => toStatement(action, hiddenVerifiers));
    expect(statements).toEqual(expect.arrayContaining(closing));
    const refused = decideAccess(basketball, { server: goodServer, database, access }, []);
    expect(refused.actions.some((action) => "on" in action && action.on.type === "schema")).toBe(
      false,
    );
    expect(refused.notes.join()).toContain("REVOKE CREATE ON SCHEMA public FROM PUBLIC");
  });
});
