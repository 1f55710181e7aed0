import { describe, expect, test } from "vitest";
import { checkApps } from "../../../cli/doctor/server-state.ts";
import type { LiveDatabase, LiveRole } from "../../../components/postgres/catalog/catalog.ts";
import { decideApp, mayEnter } from "../../../components/postgres/diff/decide-app.ts";
import { planDatabase } from "../../../components/postgres/plan/plan.ts";
import { decideRegistry } from "../../../components/postgres/registry/decide.ts";
import { requirePossible } from "../../../provider/app-database/inspect.ts";
import { liveDatabase, liveRole, makeCatalog } from "../../fakes/catalog.ts";
import { makeSpec } from "../../fakes/stack.ts";

import { codesOf, makeSituation, pinned } from "./callers.ts";
import { leaves } from "./leaving-rows.ts";

const ours = { memberOf: ["berth_prod"] };

describe("a role that left an entry and is dropped", () => {
  const { plan, facts, context } = makeSituation(leaves);
  const decision = decideApp(plan, facts, context);
  const codes = ["role-is-connected", "role-has-dependents", "role-gave-to-others"];

  test("is not, for everything that stands in the way", () => {
    expect(decision.problems.map(({ code }) => code)).toEqual(codes);
    expect(decision.steps.leaving.map(({ kind }) => kind)).toContain("drop-role");
  });

  test("is previewed all the same, since that may end before the run", () => {
    const notes = requirePossible(decision);
    expect(notes.filter((note) => note.startsWith("up would refuse: "))).toHaveLength(3);
  });
});

test("the problems of all apps come at once, from doctor and the registry way alike", () => {
  const entries = {
    shop: {},
    wiki: { roles: { m: { privileges: { tables: ["MAINTAIN"] } } } },
    yard: {},
  };
  const spec = makeSpec(entries, pinned);
  const catalog = makeCatalog(
    [liveRole("shop"), liveRole("yard", ours)],
    [liveDatabase("yard", "yard", { encoding: "LATIN1" })],
    { versionNumber: 160_004 },
  );
  const plans = spec.apps.map((app) => planDatabase(app, spec.postgres));
  const codes = ["role-not-ours", "maintain-unsupported", "encoding-differs"];
  const state = { catalog, isEncrypted: true, selfGrant: "" };
  expect(codesOf(() => void checkApps(spec, state))).toEqual(codes);
  const registry = () => void decideRegistry(spec, plans, { catalog }, { isPreview: true });
  expect(codesOf(registry)).toEqual(codes);
});

test("what is wrong with the stack as a whole is listed once for all apps", () => {
  const spec = makeSpec({ shop: {}, wiki: {} }, pinned);
  const plans = spec.apps.map((app) => planDatabase(app, spec.postgres));
  const catalog = makeCatalog([liveRole("berth_prod")]);
  const registry = () => void decideRegistry(spec, plans, { catalog }, { isPreview: true });
  expect(codesOf(registry)).toEqual(["ownership-role-has-rights"]);
});

test("a database that is somebody else's, or of a role that the admin may not change, is never entered", () => {
  const mayEnterWith = (role: LiveRole, database: LiveDatabase) => {
    const catalog = makeCatalog([role], [database]);
    const { plan, facts, context } = makeSituation({ entry: { adopt: true }, catalog });
    return mayEnter(plan, catalog, decideApp(plan, facts, context));
  };
  const wiki = liveDatabase("wiki", "wiki");
  const mine = liveRole("wiki", ours);
  expect(mayEnterWith(mine, wiki)).toBe(true);
  expect(mayEnterWith(mine, liveDatabase("wiki", "paperless"))).toBe(false);
  expect(mayEnterWith(mine, { ...wiki, connectionLimit: -2 })).toBe(false);
  expect(mayEnterWith(liveRole("wiki"), wiki)).toBe(false);
  expect(mayEnterWith(liveRole("wiki", { adminMayAlter: true }), wiki)).toBe(true);
});
