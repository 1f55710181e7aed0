import { describe, expect, test } from "vitest";
import { planAppHandOver, planHandOver } from "../../../cli/adopt/hand-over.ts";
import { noAccess } from "../../../components/postgres/catalog/access.ts";
import type { LiveRole } from "../../../components/postgres/catalog/catalog.ts";
import type { StrangeObject } from "../../../components/postgres/catalog/unlisted.ts";
import { liveDatabase, liveRole, makeCatalog } from "../../fakes/catalog.ts";
import { makeSpec, writeStack } from "../../fakes/stack.ts";

/** Which database needs another owner. test/cli/adopt/hand-over.postgres.rows.test.ts runs the statements. */

const ofBob: StrangeObject = { type: "table", name: "public.t", owner: "bob" };
const superuser = liveRole("postgres", { isSuperuser: true, ownedDatabases: ["wiki"] });

function facts(owner: string, roles: readonly LiveRole[], objects: readonly StrangeObject[] = []) {
  const database = liveDatabase("wiki", owner);
  const inside = { access: noAccess, extensions: [], extras: [], objects };
  return {
    database,
    found: {
      catalog: makeCatalog(roles, [database]),
      insides: new Map([["wiki", inside]]),
      verifiers: undefined,
    },
  };
}

const stackOf = (apps: Record<string, unknown>) => ({
  spec: makeSpec(apps),
  values: writeStack(apps),
});

describe("a database that the stack does not have", () => {
  const plan = (
    owner: string,
    ...more: Parameters<typeof facts> extends [unknown, ...infer R] ? R : never
  ) => {
    const { database, found } = facts(owner, ...more);
    return planHandOver(stackOf({}), found, database);
  };

  test("gets a new owner where nobody works in it, under a free name", () => {
    expect(plan("postgres", [superuser])?.statements[0]).toBe('CREATE ROLE "wiki" LOGIN;');
    const taken = [superuser, liveRole("wiki", { canCreateRole: true })];
    expect(plan("postgres", taken)?.statements[0]).toBe('CREATE ROLE "wiki_2" LOGIN;');
  });

  test("gets the one login that works in it, and none of two, none with special rights, no group", () => {
    const bob = liveRole("bob");
    const heir = (...roles: readonly LiveRole[]) => {
      const { statements = [] } = plan("postgres", [superuser, ...roles], [ofBob]) ?? {};
      return /OWNER TO "(.*?)"/.exec(statements.join("\n"))?.[1];
    };
    expect(heir(bob)).toBe("bob");
    expect(heir(liveRole("bob", { canLogin: false }))).toBe("wiki");
    expect(heir(liveRole("bob", { canCreateDatabase: true }))).toBe("wiki");
    expect(heir(liveRole("bob", { ownedDatabases: ["other"] }))).toBe("wiki");
    expect(heir(liveRole("bob", { memberOf: ["berth_prod"] }))).toBe("wiki");
  });

  test("is left to an owner that is reserved, with all its databases", () => {
    const paperless = liveRole("paperless", { ownedDatabases: ["paperless", "wiki"] });
    expect(plan("paperless", [paperless])).toBeUndefined();
    const bob = liveRole("bob", { ownedDatabases: ["paperless", "wiki"] });
    expect(plan("bob", [bob])).toBeDefined();
  });

  test("moves nothing of others", () => {
    expect(plan("postgres", [superuser], [ofBob])?.statements.join()).not.toContain("public.t");
  });

  test("keeps an owner that an app can have, and one that a stack made", () => {
    expect(plan("wiki", [liveRole("wiki", { ownedDatabases: ["wiki"] })])).toBeUndefined();
    const two = { ownedDatabases: ["wiki", "shop"] };
    expect(plan("wiki", [liveRole("wiki", two)])?.reason).toContain('"wiki" and "shop"');
    const memberships = [{ group: "berth_dev", grantor: "postgres" }];
    expect(plan("wiki", [liveRole("wiki", { ...two, memberships })])).toBeUndefined();
    expect(plan("wiki", [liveRole("wiki", { ...two, memberOf: ["berth_prod"] })])).toBeUndefined();
  });

  test("of the admin gets another one", () => {
    const admin = liveRole("coachlight_admin", { canCreateRole: true });
    expect(plan("coachlight_admin", [admin])?.reason).toContain("is the admin");
  });
});

describe("a database of the stack", () => {
  const plan = (owner: string, roles: readonly LiveRole[], entry: Record<string, unknown> = {}) => {
    const stack = stackOf({ wiki: entry });
    const [app] = stack.spec.apps;
    if (app === undefined) throw new Error("the stack has no app");
    return planAppHandOver(app, stack, facts(owner, roles, [ofBob]).found);
  };
  const wiki = liveRole("wiki", { memberOf: ["berth_prod"], ownedDatabases: ["wiki"] });

  test("gets the owner of its entry, unless another stack has it", () => {
    expect(plan("bob", [liveRole("bob")])?.statements).toEqual([
      'CREATE ROLE "wiki" LOGIN;',
      'GRANT "wiki" TO "coachlight_admin" WITH ADMIN TRUE, INHERIT TRUE, SET TRUE;',
      'ALTER DATABASE "wiki" OWNER TO "wiki";',
      'ALTER TABLE public.t OWNER TO "wiki";',
    ]);
    const memberships = [{ group: "berth_dev", grantor: "postgres" }];
    expect(plan("bob", [liveRole("bob", { memberships })])).toBeUndefined();
  });

  test("gets what others own in it, but what guests own", () => {
    expect(plan("wiki", [wiki])?.statements).toEqual(['ALTER TABLE public.t OWNER TO "wiki";']);
    expect(plan("wiki", [wiki], { database: { guests: ["bob"] } })).toBeUndefined();
  });
});
