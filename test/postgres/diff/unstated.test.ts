import { describe, expect, test } from "vitest";
import { describeProblem } from "../../../components/errors.ts";
import type { LiveRole } from "../../../components/postgres/catalog/catalog.ts";
import type { LiveUnlisted } from "../../../components/postgres/catalog/unlisted.ts";
import { decideApp } from "../../../components/postgres/diff/decide-app.ts";
import { liveDatabase, liveRole, makeCatalog } from "../../fakes/catalog.ts";
import { makeSituation } from "./callers.ts";

/** What the entry does not state, as far as test/provider/app-database/unstated.postgres.test.ts has no server for it. */

const ours = (name: string, more: Partial<LiveRole> = {}) =>
  liveRole(name, { memberOf: ["berth_prod"], ...more });

interface Server {
  readonly entry?: Record<string, unknown>;
  readonly roles?: readonly LiveRole[];
  readonly unlisted?: Partial<LiveUnlisted>;
  readonly versionNumber?: number;
}

function find({ entry = {}, roles = [], unlisted = {}, ...server }: Server) {
  const all = [ours("wiki"), ours("wiki_ro", { memberOf: ["berth_prod", "reports"] }), ...roles];
  const database = liveDatabase("wiki", "wiki");
  const catalog = makeCatalog(all, [database], server);
  const further = { ro: { profile: "readonly", memberOf: ["reports"] } };
  const situation = { entry: { roles: further, ...entry }, catalog, access: {}, unlisted };
  const { plan, facts, context } = makeSituation(situation);
  return decideApp(plan, facts, context).unstated.map(describeProblem);
}

const member = (name: string, more: Partial<LiveRole> = {}) =>
  liveRole(name, { memberships: [{ group: "wiki", grantor: "postgres" }], ...more });

describe("a membership", () => {
  test("has no grantor before 16, and inherits by an attribute of its member", () => {
    const roles = [
      member("bob"),
      ours("wiki_ro", {
        memberOf: ["berth_prod", "reports"],
        memberships: [{ group: "reports", grantor: "postgres", isAdmin: true, inherits: false }],
      }),
    ];
    const found = find({ roles, versionNumber: 150_018 }).join("\n");
    expect(found).toContain('as a superuser: REVOKE "wiki" FROM "bob"; or');
    expect(found).toContain('as a superuser: REVOKE ADMIN OPTION FOR "reports" FROM "wiki_ro"');
    expect(found).toContain('as a superuser: ALTER ROLE "wiki_ro" INHERIT');
    expect(found).not.toContain("GRANTED BY");
  });

  test("needs an option from one grantor only, and in the ownership role from none", () => {
    const memberships = [
      { group: "reports", grantor: "postgres", inherits: false, maySetRole: false },
      { group: "reports", grantor: "bob", inherits: true, maySetRole: true },
      { group: "berth_prod", grantor: "postgres", inherits: false, maySetRole: false },
    ];
    const memberOf = ["berth_prod", "reports"];
    expect(find({ roles: [ours("wiki_ro", { memberOf, memberships })] })).toEqual([]);
  });

  test.each<[string, LiveRole]>([
    ["of the admin", member("coachlight_admin")],
    ["of a role of the stack", member("bi", { memberOf: ["berth_prod", "wiki"] })],
    ["of a login that Vault made", member("v-token-wiki", { settings: ["role=wiki"] })],
    [
      "of the role that made it, for administration only",
      member("maker", {
        canCreateRole: true,
        memberships: [{ group: "wiki", grantor: "postgres", isAdmin: true, maySetRole: false }],
      }),
    ],
  ])("in an app's role is expected %s", (_, role) => {
    expect(find({ roles: [role] })).toEqual([]);
  });

  test("of Vault's own login is expected only where Vault makes the logins", () => {
    const memberships = [{ group: "wiki", grantor: "postgres", isAdmin: true }];
    const roles = [member("vault", { memberships })];
    expect(find({ roles })).toHaveLength(1);
    // Vault makes the logins: the owner has two-logins' shape without the two.
    const entry = { owner: { name: "wiki", rotation: "two-logins" } };
    expect(find({ roles, entry })).toHaveLength(1);
  });
});

test("thousands of objects come as a few statements, and where the others are", () => {
  const objects = Array.from({ length: 3000 }, (_, n) => ({
    type: "table",
    owner: "postgres",
    name: `public.t${String(n)}`,
  }));
  const [found] = find({ unlisted: { objects } });
  expect(found).toContain("table public.t4 and 2995 more");
  expect(found).toContain("2980 more, which npm run adopt -- wiki prints");
  expect(found?.match(/ALTER TABLE/g)).toHaveLength(20);
});
