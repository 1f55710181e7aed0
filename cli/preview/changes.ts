import { appOfResource } from "../../components/postgres/plan/plan.ts";
import {
  type LabelledStatement,
  parseStatements,
} from "../../components/postgres/statements/labels.ts";
import { compareText, sortUnique } from "../../components/sort.ts";
import { parseUrn } from "../../components/urn.ts";
import { type Digest, type Step } from "./digest.ts";
import type { AppPreview, Change, ChangedThing, StackPreview } from "./model.ts";
import { findRisks } from "./risks.ts";

/** Resources that have the name of their app, a further database with its own after it. */
const ofApps: ReadonlySet<string> = new Set([
  "berth:postgres:AppDatabase",
  "berth:postgres:StockDatabase",
  "berth:delivery:AppDelivery",
  "berth:delivery:ClusterDelivery",
]);

const sharedDelivery = "shared";

/** The change of each operation; an operation that is not here changes nothing. */
const changeOf: Readonly<Record<string, Change>> = {
  create: "create",
  import: "create",
  update: "update",
  replace: "replace",
  "create-replacement": "replace",
  "delete-replaced": "replace",
  "import-replacement": "replace",
  delete: "delete",
};

/** Apps, files and notes are sorted, so two previews of the same give the same text. */
export function toStackPreview(
  stack: string,
  apps: readonly string[],
  { steps, diagnostics }: Digest,
  isFailed = false,
): StackPreview {
  const changed = mergeSteps(steps);
  const owners = new Map(steps.map((step) => [step.urn, appOf(step)]));
  const said = sortSaid(diagnostics, owners);
  const names = [...changed.map(appOf), ...said.keys()].filter((name) => name !== undefined);
  const found = sortUnique(names).flatMap(
    (app) =>
      toAppPreview(
        app,
        apps.includes(app),
        changed.filter((step) => appOf(step) === app),
        said.get(app) ?? nothing,
      ) ?? [],
  );
  // A note about an app that does not change still has to be seen.
  const others = [...said].filter(([app]) => found.every((one) => one.app !== app));
  const { statements, errors } = said.get(undefined) ?? nothing;
  const things = toThings(changed.filter((step) => appOf(step) === undefined));
  const notes = sortUnique(others.flatMap(([, one]) => one.notes));
  const rest = apps.filter((app) => found.every((one) => one.app !== app)).toSorted();
  // A refresh comes before the comparison, and also where an error ends the run at once.
  const seen = new Set(steps.filter(({ op }) => op !== "refresh").map(appOf));
  const isCompared = (app: string): boolean => !isFailed || seen.has(app);
  const isSame = found.length + statements.length + things.length + errors.length === 0;
  return {
    stack,
    unchanged: isSame && rest.every(isCompared),
    apps: found,
    unchangedApps: rest.filter(isCompared),
    notComparedApps: rest.filter((app) => !isCompared(app)),
    shared: { statements, things, notes, errors },
    risks: findRisks(
      found,
      changed.map((step) => ({ ...step, app: appOf(step) })),
    ),
  };
}

/** What was said about an app or the stack. */
interface Said {
  readonly statements: readonly LabelledStatement[];
  readonly notes: readonly string[];
  readonly errors: readonly string[];
}

/** The exit code says the same. */
const saysNothing: ReadonlySet<string> = new Set(["", "preview failed", "update failed"]);

const nothing: Said = { statements: [], notes: [], errors: [] };

/** One step for each resource that changes; a replacement has up to three. */
function mergeSteps(steps: readonly Step[]): Step[] {
  const own = steps.filter(
    // Neither the stack itself nor a provider is something that people change.
    ({ op, urn }) => changeOf[op] !== undefined && !parseUrn(urn).type.startsWith("pulumi:"),
  );
  const byUrn = Map.groupBy(own, ({ urn }) => urn);
  return [...byUrn.values()].map(
    (all) => all.find(({ op }) => op === "replace") ?? (all[0] as Step),
  );
}

/** The app of a resource; undefined = all apps share it. */
function appOf({ urn, newState, oldState }: Step): string | undefined {
  const parent = newState?.parent ?? oldState?.parent;
  return appOfUrns(parent === undefined ? [urn] : [urn, parent]);
}

/** The app of the first of them that has the name of one. */
function appOfUrns(urns: readonly string[]): string | undefined {
  const owner = urns.map(parseUrn).find(({ type }) => ofApps.has(type));
  const isShared = owner?.type.startsWith("berth:delivery:") && owner.name === sharedDelivery;
  return isShared === true || owner === undefined ? undefined : appOfResource(owner.name);
}

/** Sorts what was said by app. What several apps say in the same words is the stack's. */
function sortSaid(
  diagnostics: Digest["diagnostics"],
  owners: ReadonlyMap<string, string | undefined>,
): ReadonlyMap<string | undefined, Said> {
  const said = new Map<string | undefined, Said>();
  const add = (app: string | undefined, more: Partial<Said>): void => {
    const { statements, notes, errors } = said.get(app) ?? nothing;
    said.set(app, {
      statements: [...statements, ...(more.statements ?? [])],
      notes: sortUnique([...notes, ...(more.notes ?? [])]),
      errors: sortUnique([...errors, ...(more.errors ?? [])]),
    });
  };
  const ofUrn = (urn: string | undefined): string | undefined =>
    urn === undefined ? undefined : (owners.get(urn) ?? appOfUrns([urn]));
  const texts = diagnostics.flatMap(({ urn, message, severity }) => {
    const text = message.replace(/^(?:error|warning|info): /, "").trimEnd();
    const found = parseStatements(text);
    const app = found?.whose === "stack" ? undefined : (appIn(found?.whose ?? text) ?? ofUrn(urn));
    if (found !== undefined) add(app, { statements: found.statements });
    return found !== undefined || saysNothing.has(text) ? [] : [{ app, text, severity }];
  });
  for (const [text, same] of Map.groupBy(texts, (one) => one.text)) {
    const apps = new Set(same.map(({ app }) => app));
    const [{ app, severity } = { app: undefined, severity: "info" }] = same;
    add(apps.size > 1 ? undefined : app, { [severity === "error" ? "errors" : "notes"]: [text] });
  }
  return said;
}

/** The app that a message begins with: `app wiki: …`, `app wiki leaves …`. */
function appIn(message: string): string | undefined {
  return /^app (?<app>[^\s:]+)(?:[:\s]|$)/.exec(message)?.groups?.["app"];
}

function toAppPreview(
  app: string,
  isInFile: boolean,
  steps: readonly Step[],
  said: Said,
): AppPreview | undefined {
  const own = steps.filter(({ urn }) => ofApps.has(parseUrn(urn).type));
  const main = own.find(({ urn }) => parseUrn(urn).name === app) ?? own[0];
  if (steps.length + said.errors.length + said.statements.length === 0) return undefined;
  const isNew = main !== undefined && changeOf[main.op] === "create";
  const isRefused = said.errors.length > 0;
  const change = isRefused ? "refused" : !isInFile ? "leaves" : isNew ? "new" : "changes";
  return {
    app,
    change,
    properties: main?.op === "update" ? Object.keys(main.detailedDiff ?? {}).toSorted() : [],
    statements: said.statements,
    things: toThings(steps),
    notes: change === "leaves" ? withKept(main, said.notes) : said.notes,
    errors: said.errors,
  };
}

/** State of an earlier version does not know which apps there were, so nobody has said what stays. */
function withKept(main: Step | undefined, notes: readonly string[]): readonly string[] {
  const inputs = main?.oldState?.inputs;
  const isKept = inputs !== undefined && inputs["reclaimPolicy"] !== "delete";
  if (!isKept || notes.some((note) => note.includes("stay on the server"))) return notes;
  return [...notes, "its database, rows and logins stay on the server (reclaimPolicy: retain)"];
}

function toThings(steps: readonly Step[]): ChangedThing[] {
  const things = steps.flatMap((step): ChangedThing[] => {
    const { type, name } = parseUrn(step.urn);
    if (ofApps.has(type)) return [];
    const change = changeOf[step.op] ?? "update";
    const inputs = (step.newState ?? step.oldState)?.inputs ?? {};
    if (type === "berth:index:ManifestFile") {
      const { path } = inputs;
      return [{ kind: "file", name: typeof path === "string" ? path : name, change }];
    }
    return [{ kind: type.split(":").at(-1) ?? type, name, change }];
  });
  return things.toSorted((a, b) => compareText(`${a.kind} ${a.name}`, `${b.kind} ${b.name}`));
}
