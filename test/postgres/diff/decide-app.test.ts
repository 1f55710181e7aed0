import { describe, expect, test } from "vitest";
import { checkApps } from "../../../cli/doctor/server-state.ts";
import { BerthError } from "../../../components/errors.ts";
import type { Catalog } from "../../../components/postgres/catalog/catalog.ts";
import { planDatabase } from "../../../components/postgres/plan/plan.ts";
import { decideRegistry } from "../../../components/postgres/registry/decide.ts";
import { liveDatabase, liveRole, makeCatalog } from "../../fakes/catalog.ts";
import { makeSpec } from "../../fakes/stack.ts";

const pinned = { systemIdentifier: "7412345678901234567" };
const member = { memberOf: ["berth_prod"] };
const twoLogins = { owner: { rotation: "two-logins" } };
const maintain = { roles: { m: { privileges: { tables: ["MAINTAIN"] } } } };

interface Situation {
  readonly entry: Record<string, unknown>;
  readonly catalog: Catalog;
}

const rules: Record<string, Situation> = {
  "maintain-unsupported": {
    entry: maintain,
    catalog: makeCatalog([], [], { versionNumber: 160_004 }),
  },
  "set-role-broken": { entry: twoLogins, catalog: makeCatalog([], [], { versionNumber: 170_001 }) },
  "encoding-differs": {
    entry: {},
    catalog: makeCatalog(
      [liveRole("wiki", member)],
      [liveDatabase("wiki", "wiki", { encoding: "LATIN1" })],
    ),
  },
  "database-half-dropped": {
    entry: {},
    catalog: makeCatalog(
      [liveRole("wiki", member)],
      [liveDatabase("wiki", "wiki", { connectionLimit: -2 })],
    ),
  },
};

const callers = {
  doctor: ({ entry, catalog }: Situation) =>
    checkApps(makeSpec({ wiki: entry }, pinned), { catalog, isEncrypted: true, selfGrant: "" }),
  registry: ({ entry, catalog }: Situation) => {
    const spec = makeSpec({ wiki: entry }, pinned);
    const plans = spec.apps.map((app) => planDatabase(app, spec.postgres));
    return decideRegistry(spec, plans, { catalog }, { isPreview: false });
  },
};

function codesOf(run: () => unknown): (string | undefined)[] {
  try {
    run();
    return [];
  } catch (error) {
    if (!(error instanceof BerthError)) throw error;
    return error.problems.map(({ code }) => code);
  }
}

describe.each(Object.entries(rules))("%s", (code, situation) => {
  test.each(Object.entries(callers))("%s refuses", (_, run) => {
    expect(codesOf(() => run(situation))).toEqual([code]);
  });
});
