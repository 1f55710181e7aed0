import { describe, expect, test } from "vitest";
import { Trial } from "../../../cli/adopt/trial.ts";
import {
  checkAdmin,
  checkApps,
  checkOwnershipRole,
  checkPinned,
  checkVersion,
} from "../../../cli/doctor/server-state.ts";
import { decideLogin } from "../../../cli/rotate/two-logins-server.ts";
import { BerthError, type Problem } from "../../../components/errors.ts";
import { type LiveAccess, noAccess } from "../../../components/postgres/catalog/access.ts";
import type { Catalog, LiveDatabase } from "../../../components/postgres/catalog/catalog.ts";
import type { LiveExtension } from "../../../components/postgres/catalog/extensions.ts";
import {
  type AppContext,
  decideApp,
  mayEnter,
} from "../../../components/postgres/diff/decide-app.ts";
import { decideRetirement } from "../../../components/postgres/diff/retirement.ts";
import { toState } from "../../../components/postgres/plan/app-state.ts";
import { planDatabase } from "../../../components/postgres/plan/plan.ts";
import { decideRegistry } from "../../../components/postgres/registry/decide.ts";
import { problemCodes } from "../../../components/postgres/rules/problem.ts";
import { isLoss, requirePossible } from "../../../provider/app-database/inspect.ts";
import { liveDatabase, liveRole, makeCatalog } from "../../fakes/catalog.ts";
import { makeSpec, type Written, writeStack } from "../../fakes/stack.ts";

/** Every rule against everybody who applies it: each refuses, and for the same reason. */

const pinned = { systemIdentifier: "7412345678901234567" };

/** App wiki, a server, and what is known besides. */
interface Situation {
  readonly entry?: Written;
  readonly postgres?: Written;
  readonly catalog: Catalog;
  readonly access?: Partial<LiveAccess>;
  readonly extensions?: readonly LiveExtension[];
  readonly context?: Partial<AppContext>;
}

function makeSituation({ entry = {}, postgres = pinned, ...found }: Situation) {
  const spec = makeSpec({ wiki: entry }, postgres);
  const [app] = spec.apps;
  if (app === undefined) throw new Error("the stack has no app");
  const plan = planDatabase(app, spec.postgres);
  const access = found.access === undefined ? undefined : { ...noAccess, ...found.access };
  const facts = { catalog: found.catalog, access, extensions: found.extensions };
  return { spec, app, plan, facts, context: { postgres: spec.postgres, ...found.context } };
}

/** Throws, or answers, the problems that a caller refuses for. */
type Caller = (situation: Situation) => readonly Problem[] | undefined;

const decide = (situation: Situation) => {
  const { plan, facts, context } = makeSituation(situation);
  return decideApp(plan, facts, context);
};

const callers = {
  up: (situation) => decide(situation).problems,
  preview: (situation) => void requirePossible(decide(situation)),
  import: (situation) => void requirePossible(decide(situation), true),
  refresh: (situation) => decide(situation).problems.filter((one) => isLoss(one, true)),
  superuser: (situation) => decide(situation).superuser,
  registry: (situation) => {
    const { spec, plan, facts } = makeSituation(situation);
    const { access, extensions = [] } = facts;
    const inside = { extensions, ...(access === undefined ? {} : { access }) };
    const insides = new Map([[plan.app, inside]]);
    const { catalog } = facts;
    decideRegistry(spec, [plan], { catalog, insides }, { isPreview: false });
    return undefined;
  },
  doctor: (situation) => {
    const { spec, facts } = makeSituation(situation);
    const state = { catalog: facts.catalog, isEncrypted: true, selfGrant: "" };
    for (const check of [checkPinned, checkVersion, checkAdmin, checkOwnershipRole, checkApps]) {
      check(spec, state);
    }
    return undefined;
  },
  rotate: (situation) => {
    const { plan, facts, spec } = makeSituation(situation);
    const login = plan.roles.at(-1);
    if (login === undefined) throw new Error("the app has no role");
    const { postgres } = spec;
    const request = { postgres, login, verifier: "" };
    return decideLogin(plan, { catalog: facts.catalog, sessions: [] }, request).problems;
  },
  adopt: ({ catalog, postgres = pinned, access }) => {
    const inside = { access: { ...noAccess, ...access }, extensions: [], extras: [] };
    const insides = new Map([["wiki", inside]]);
    const survey = { catalog, insides, verifiers: undefined };
    const stack = { spec: makeSpec({}, postgres), values: writeStack({}, postgres) };
    const database = catalog.databases.get("wiki") as LiveDatabase;
    return new Trial(stack, survey, database, []).findReasons();
  },
} satisfies Record<string, Caller>;

const ours = { memberOf: ["berth_prod"] };
const adopt = { adopt: true };
const twoLogins = { owner: { rotation: "two-logins" } };
const database = (more: Partial<LiveDatabase> = {}) => [liveDatabase("wiki", "wiki", more)];
const group = [liveRole("wiki", { ...ours, canLogin: false })];
const made = makeCatalog([liveRole("wiki", ours)], database());
const citext: LiveExtension = {
  ...{ name: "citext", isAvailable: true, hasVersion: true, needsSuperuser: false },
  ...{ belongsToOther: false, fixedSchema: null, requires: [] },
  ...{ installedVersion: null, installedSchema: null },
};
const wantsCitext = { database: { extensions: ["citext"] } };
const schema = (name: string, owner: string) =>
  ({ type: "schema", schema: name, name, owner, privileges: [] }) as const;
const leaves: Partial<AppContext> = {
  formerRoles: [{ key: "old", name: "old" }],
  reclaimPolicy: "delete",
};

type Row = readonly [
  code: (typeof problemCodes)[number],
  situation: Situation,
  by: readonly (keyof typeof callers)[],
];

const provider = ["up", "preview", "import"] as const;
const all = [...provider, "registry", "doctor"] as const;
const bySession = ["registry", "doctor"] as const;

const table: readonly Row[] = [
  ["server-not-pinned", { postgres: {}, catalog: made }, ["registry"]],
  ["server-other", { catalog: makeCatalog([], [], { systemIdentifier: "9" }) }, bySession],
  ["server-too-old", { catalog: makeCatalog([], [], { versionNumber: 130_022 }) }, bySession],
  ["server-is-standby", { catalog: makeCatalog([], [], { isStandby: true }) }, bySession],
  ["admin-lacks-createrole", { catalog: makeCatalog([], [], { canCreateRole: false }) }, bySession],
  [
    "admin-lacks-createdb",
    { catalog: makeCatalog([], [], { canCreateDatabase: false }) },
    bySession,
  ],
  ["admin-is-reserved", { catalog: makeCatalog([], [], { admin: "paperless" }) }, bySession],
  [
    "admin-lacks-self-grant",
    { entry: { provisioner: "postgresql" }, catalog: makeCatalog() },
    ["doctor"],
  ],
  ["ownership-role-has-rights", { catalog: makeCatalog([liveRole("berth_prod")]) }, all],
  [
    "maintain-unsupported",
    {
      entry: { roles: { m: { privileges: { tables: ["MAINTAIN"] } } } },
      catalog: makeCatalog([], [], { versionNumber: 160_004 }),
    },
    all,
  ],
  [
    "set-role-broken",
    { entry: twoLogins, catalog: makeCatalog(group, database(), { versionNumber: 170_001 }) },
    [...all, "rotate"],
  ],
  ["role-not-ours", { catalog: makeCatalog([liveRole("wiki")]) }, all],
  [
    "role-has-rights",
    {
      entry: adopt,
      catalog: makeCatalog([liveRole("wiki", { isSuperuser: true, adminMayAlter: true })]),
    },
    all,
  ],
  [
    "role-has-rights",
    { catalog: makeCatalog([liveRole("wiki", { isSuperuser: true })], database()) },
    ["adopt"],
  ],
  [
    "role-would-lose",
    {
      entry: adopt,
      catalog: makeCatalog([liveRole("wiki", { memberOf: ["staff"], adminMayAlter: true })]),
    },
    all,
  ],
  [
    "role-out-of-reach",
    { entry: adopt, catalog: makeCatalog([liveRole("wiki")]) },
    ["up", "preview", "registry", "doctor"],
  ],
  [
    "login-is-group",
    { entry: twoLogins, catalog: makeCatalog(), context: { verifiers: new Map([["owner", ""]]) } },
    provider,
  ],
  [
    "database-other-owner",
    { catalog: makeCatalog([liveRole("wiki", ours)], [liveDatabase("wiki", "paperless")]) },
    [...all, "refresh"],
  ],
  [
    "database-other-owner",
    { entry: twoLogins, catalog: makeCatalog(group, [liveDatabase("wiki", "paperless")]) },
    ["rotate"],
  ],
  // A database outlives the mark of its owner, which a superuser can take away.
  ["database-not-ours", { catalog: makeCatalog([], database()) }, all],
  [
    "database-closed",
    { entry: adopt, catalog: makeCatalog([], database({ allowsConnections: false })) },
    [...all, "adopt"],
  ],
  [
    "database-half-dropped",
    { catalog: makeCatalog([liveRole("wiki", ours)], database({ connectionLimit: -2 })) },
    [...all, "refresh", "adopt"],
  ],
  [
    "database-half-dropped",
    { entry: twoLogins, catalog: makeCatalog(group, database({ connectionLimit: -2 })) },
    ["rotate"],
  ],
  [
    "database-lost",
    { catalog: makeCatalog([liveRole("wiki", ours)]), context: { isKnown: true } },
    [...provider, "refresh"],
  ],
  ["database-missing", { entry: twoLogins, catalog: makeCatalog(group) }, ["rotate"]],
  [
    "encoding-differs",
    { catalog: makeCatalog([liveRole("wiki", ours)], database({ encoding: "LATIN1" })) },
    all,
  ],
  [
    "schema-other-owner",
    {
      entry: { database: { schemas: ["billing"] } },
      ...{ catalog: made, access: { objects: [schema("billing", "postgres")] } },
    },
    [...provider, "registry"],
  ],
  [
    "extension-elsewhere",
    {
      ...{ entry: wantsCitext, catalog: made },
      access: { extensions: [{ ...citext, installedVersion: "1", installedSchema: "other" }] },
    },
    [...provider, "registry"],
  ],
  [
    "extension-unavailable",
    {
      entry: wantsCitext,
      ...{ catalog: makeCatalog(), extensions: [{ ...citext, isAvailable: false }] },
    },
    [...provider, "registry"],
  ],
  [
    "extension-needs-other",
    {
      entry: wantsCitext,
      ...{ catalog: makeCatalog(), extensions: [{ ...citext, requires: ["cube"] }] },
    },
    [...provider, "registry"],
  ],
  [
    "extension-needs-superuser",
    {
      entry: wantsCitext,
      ...{ catalog: made, access: { extensions: [{ ...citext, needsSuperuser: true }] } },
    },
    ["superuser"],
  ],
  [
    "schema-closed",
    {
      entry: { roles: { ro: { profile: "readonly" } } },
      ...{ catalog: made, access: { objects: [schema("public", "postgres")] } },
    },
    ["superuser"],
  ],
  [
    "grant-of-other",
    {
      catalog: makeCatalog(
        [liveRole("wiki", ours)],
        database({ others: [{ grantee: "PUBLIC", privilege: "CONNECT", grantor: "bob" }] }),
      ),
      access: {},
    },
    ["superuser"],
  ],
];

/** The rules about apps that leave, and about what the registry's resources cannot keep. */
const leavingRow: Situation = {
  catalog: makeCatalog([liveRole("wiki", ours), liveRole("old", ours)], database()),
  context: leaves,
};
const leavingFacts = {
  sessions: [{ pid: 1, role: "old", database: "wiki", application: "", client: "", since: "" }],
  dependents: [
    { role: "old", database: null, object: "database shop", tie: "owns", count: 1 } as const,
  ],
  losses: [{ role: "old", object: "table page", loser: "bob", privileges: "SELECT" }],
};

function codesOf(run: () => readonly Problem[] | undefined): (string | undefined)[] {
  try {
    return (run() ?? []).map(({ code }) => code);
  } catch (error) {
    if (!(error instanceof BerthError)) throw error;
    return error.problems.map(({ code }) => code);
  }
}

const rows = table.flatMap(([code, situation, by]) =>
  by.map((caller) => ({ code, caller, situation })),
);

test.each(rows)("$code: $caller refuses", ({ code, caller, situation }) => {
  expect(codesOf(() => callers[caller](situation))).toContain(code);
});

describe("a role that left an entry and is dropped", () => {
  const { plan, facts, context } = makeSituation(leavingRow);
  const decision = decideApp(plan, { ...facts, leaving: leavingFacts }, context);
  const codes = ["role-is-connected", "role-has-dependents", "role-gave-to-others"];

  test("is not, for everything that stands in the way", () => {
    expect(decision.problems.map(({ code }) => code)).toEqual(codes);
    expect(decision.steps.leaving.map(({ kind }) => kind)).toContain("drop-role");
  });

  test("is previewed all the same, since that may end before the run", () => {
    const notes = requirePossible(decision);
    expect(notes.filter((note) => note.startsWith("up would refuse: "))).toHaveLength(3);
  });

  test("goes not with its app either", () => {
    const { spec } = makeSituation(leavingRow);
    const state = toState(plan, "berth_prod", "delete");
    const reserved = { ...spec.postgres, reserved: ["wiki"] };
    const found = decideRetirement(state, { ...facts, ...leavingFacts }, reserved, () => false);
    expect(found.problems.map(({ code }) => code)).toContain("database-reserved");
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

test("a database that is somebody else's is never entered", () => {
  const decisions = [
    liveDatabase("wiki", "paperless"),
    liveDatabase("wiki", "wiki", { connectionLimit: -2 }),
  ].map((one) => {
    const catalog = makeCatalog([liveRole("wiki", ours)], [one]);
    const { plan, facts, context } = makeSituation({ catalog });
    return mayEnter(plan, catalog, decideApp(plan, facts, context));
  });
  expect(decisions).toEqual([false, false]);
});

test("every rule is in the table", () => {
  const elsewhere = [
    ...["role-is-connected", "role-has-dependents", "role-gave-to-others", "database-reserved"],
    // test/postgres/registry/adoption.test.ts
    "registry-would-lose",
  ];
  const tried = new Set([...table.map(([code]) => code), ...elsewhere]);
  expect(problemCodes.filter((code) => !tried.has(code))).toEqual([]);
});
