import { describe, expect, test } from "vitest";
import { decideApp, listActions } from "../../../components/postgres/diff/decide-app.ts";
import { decideFreshServer } from "../../../components/postgres/diff/fresh-server.ts";
import { planDatabases, resourceName } from "../../../components/postgres/plan/plan.ts";
import { hiddenVerifiers, toStatement } from "../../../components/postgres/statements/sql.ts";
import { liveDatabase, liveRole, makeCatalog } from "../../fakes/catalog.ts";
import { makeApp, makeSpec } from "../../fakes/stack.ts";

/** An app with several databases: the first has the roles, and each other one only what is its own. */

const { postgres } = makeSpec({});
const plans = (entry: object = {}) =>
  planDatabases(
    makeApp({ database: { names: ["radarr_main", "radarr_log"] }, ...entry }, "radarr"),
    postgres,
  );

test("only the first makes roles, and each makes its database and grants", () => {
  const [first = [], further = []] = decideFreshServer(
    plans({ roles: { ro: { profile: "readonly" } } }),
    postgres,
  ).map((actions) => actions.map((action) => toStatement(action, hiddenVerifiers)));
  expect(first.filter((statement) => statement.startsWith("CREATE ROLE"))).toHaveLength(3);
  expect(further.filter((statement) => / ROLE .*LOGIN|^GRANT "/.test(statement))).toEqual([]);
  expect(further[0]).toBe(
    `CREATE DATABASE "radarr_log" OWNER "radarr" TEMPLATE template0 ENCODING 'UTF8'`,
  );
  expect(further.slice(1)).toEqual(
    first
      .slice(first.findIndex((statement) => statement.startsWith("CREATE DATABASE")) + 1)
      .map((statement) => statement.replaceAll("radarr_main", "radarr_log")),
  );
});

test("each has a resource name of its own, and a single one the app's", () => {
  expect(plans().map(resourceName)).toEqual(["radarr", "radarr/radarr_log"]);
  expect(plans({ database: { names: ["one"] } }).map(resourceName)).toEqual(["radarr"]);
});

describe("on a server", () => {
  const names = ["radarr_main", "radarr_log"];
  const databases = names.map((name) => liveDatabase(name, "radarr"));
  const owner = (more: object) =>
    liveRole("radarr", { ownedDatabases: names, adminMayAlter: true, ...more });
  const ours = { memberOf: ["berth_prod"] };
  const codes = (roles: Parameters<typeof makeCatalog>[0], entry: object = {}) =>
    plans(entry).map((plan) => {
      const decision = decideApp(plan, { catalog: makeCatalog(roles, databases) }, { postgres });
      return {
        codes: decision.problems.map(({ code }) => code),
        adopting: decision.adopting.length,
        paths: listActions(decision).filter(({ path }) => path.startsWith("roles.")),
      };
    });

  test("a role of others is refused for each, and adopting is said once", () => {
    expect(codes([owner({})])).toMatchObject([
      { codes: ["role-not-ours", "database-not-ours"] },
      { codes: ["role-not-ours", "database-not-ours"] },
    ]);
    const [first, further] = codes([owner({ connectionLimit: 4 })], {
      adopt: true,
      database: { names, revokePublic: false },
    });
    expect([first?.codes, further?.codes]).toEqual([[], []]);
    expect(first?.adopting).toBeGreaterThan(0);
    expect(further).toMatchObject({ adopting: 0, paths: [] });
  });

  test("a role that owns another database than these is not adopted", () => {
    const more = owner({ ownedDatabases: [...names, "shop"] });
    const [first] = codes([more], { adopt: true });
    expect(first?.codes).toEqual(["role-has-rights"]);
  });

  test("a role that leaves the entry is shut out by the first and never dropped", () => {
    const catalog = makeCatalog([owner(ours), liveRole("old", ours)], databases);
    const context = {
      postgres,
      formerRoles: [{ key: "old", name: "old" }],
      reclaimPolicy: "delete",
    } as const;
    const kinds = plans().map((plan) =>
      listActions(decideApp(plan, { catalog }, context))
        .filter((action) => "role" in action && action.role === "old")
        .map(({ kind }) => kind),
    );
    expect(kinds).toEqual([["set-attributes"], []]);
  });
});
