import { Trial } from "../../../cli/adopt/trial.ts";
import {
  checkAdmin,
  checkApps,
  checkOwnershipRole,
  checkPinned,
  checkVersion,
} from "../../../cli/doctor/server-state.ts";
import { decideLogin } from "../../../cli/rotate/two-logins-server.ts";
import type { StackIdentity } from "../../../components/config/spec/postgres.ts";
import { BerthError, type Problem } from "../../../components/errors.ts";
import { type LiveAccess, noAccess } from "../../../components/postgres/catalog/access.ts";
import type { Catalog, LiveDatabase } from "../../../components/postgres/catalog/catalog.ts";
import type { LiveExtension } from "../../../components/postgres/catalog/extensions.ts";
import type { LiveUnlisted } from "../../../components/postgres/catalog/unlisted.ts";
import { type AppContext, decideApp } from "../../../components/postgres/diff/decide-app.ts";
import {
  decideRetirement,
  type LeavingFacts,
  type RetirementFacts,
} from "../../../components/postgres/diff/retirement.ts";
import { toState } from "../../../components/postgres/plan/app-state.ts";
import { planDatabase } from "../../../components/postgres/plan/plan.ts";
import { decideRegistry } from "../../../components/postgres/registry/decide.ts";
import type { RefusedSetting } from "../../../components/postgres/statements/try-settings.ts";
import { isLoss, requirePossible } from "../../../provider/app-database/inspect.ts";
import { makeSpec, type Written, writeStack } from "../../fakes/stack.ts";

/** Everybody who decides about an app, each in the same form. */

export const pinned = { systemIdentifier: "7412345678901234567" };

export const nothingLeaves = { sessions: [], dependents: [], losses: [], blockers: [] };

/** App wiki, a server, and what else is known. */
export interface Situation {
  readonly entry?: Written;
  readonly postgres?: Written;
  readonly stack?: StackIdentity;
  readonly catalog: Catalog;
  readonly access?: Partial<LiveAccess>;
  readonly extensions?: readonly LiveExtension[];
  readonly unlisted?: Partial<LiveUnlisted>;
  readonly refusedSettings?: readonly RefusedSetting[];
  /** About what is dropped. */
  readonly leaving?: LeavingFacts & Pick<RetirementFacts, "blockers">;
  /** Reserved since the app left. */
  readonly reserved?: readonly string[];
  readonly context?: Partial<AppContext>;
}

export function makeSituation({ entry = {}, postgres = pinned, stack, ...found }: Situation) {
  const made = makeSpec({ wiki: entry }, postgres);
  const spec = { ...made, postgres: { ...made.postgres, stack } };
  const [app] = spec.apps;
  if (app === undefined) throw new Error("the stack has no app");
  const plan = planDatabase(app, spec.postgres);
  const access = found.access === undefined ? undefined : { ...noAccess, ...found.access };
  const unlisted =
    found.unlisted === undefined
      ? undefined
      : { objects: [], settings: [], schemas: [], ...found.unlisted };
  const { catalog, extensions, refusedSettings, leaving } = found;
  const facts = { catalog, access, extensions, unlisted, refusedSettings, leaving };
  return { spec, app, plan, facts, context: { postgres: spec.postgres, ...found.context } };
}

/** Throws, or answers, the problems that a caller refuses for. */
type Caller = (situation: Situation) => readonly Problem[] | undefined;

const decide = (situation: Situation) => {
  const { plan, facts, context } = makeSituation(situation);
  return decideApp(plan, facts, context);
};

export const callers = {
  up: (situation) => decide(situation).problems,
  preview: (situation) => void requirePossible(decide(situation)),
  import: (situation) => void requirePossible(decide(situation), true),
  refresh: (situation) => decide(situation).problems.filter((one) => isLoss(one, true)),
  superuser: (situation) => decide(situation).superuser,
  unstated: (situation) => decide(situation).unstated,
  drop: (situation) => {
    const { spec, plan, facts } = makeSituation(situation);
    const { catalog, leaving = nothingLeaves } = facts;
    const state = toState(plan, spec.postgres.ownershipRole, "delete");
    const rules = { ...spec.postgres, reserved: situation.reserved ?? spec.postgres.reserved };
    return decideRetirement(state, { catalog, ...leaving }, rules, () => false).problems;
  },
  registry: (situation) => {
    const { spec, plan, facts } = makeSituation(situation);
    const { access, extensions = [] } = facts;
    const inside = { extensions, ...(access === undefined ? {} : { access }) };
    const insides = new Map([[plan.app, inside]]);
    const { catalog, refusedSettings = [] } = facts;
    const found = { catalog, insides, refusedSettings };
    decideRegistry(spec, [plan], found, { isPreview: false });
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
    const inside = { access: { ...noAccess, ...access }, extensions: [], extras: [], objects: [] };
    const insides = new Map([["wiki", inside]]);
    const adoptFacts = { catalog, insides, verifiers: undefined };
    const stack = { spec: makeSpec({}, postgres), values: writeStack({}, postgres) };
    const database = catalog.databases.get("wiki") as LiveDatabase;
    return new Trial(stack, adoptFacts, [database], []).findReasons();
  },
} satisfies Record<string, Caller>;

/** What a caller refuses for. */
export function problemsOf(run: () => readonly Problem[] | undefined): readonly Problem[] {
  try {
    return run() ?? [];
  } catch (error) {
    if (!(error instanceof BerthError)) throw error;
    return error.problems;
  }
}

/** The rules that a caller refuses for. */
export function codesOf(run: () => readonly Problem[] | undefined): (string | undefined)[] {
  return problemsOf(run).map(({ code }) => code);
}
