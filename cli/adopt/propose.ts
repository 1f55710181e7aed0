import { roleNamesOf } from "../../components/config/logins.ts";
import { reservedReason } from "../../components/config/rules/names.ts";
import type { StackSpec } from "../../components/config/spec.ts";
import type { Problem } from "../../components/errors.ts";
import type { LiveDatabase, LiveRole } from "../../components/postgres/catalog/catalog.ts";
import type { AdoptFacts } from "./facts.ts";
import { type HandOver, planHandOver } from "./hand-over.ts";
import { databasesReachedBy } from "./kept.ts";
import { type ProposedApp, type Stack, Trial } from "./trial.ts";

/** A role or database without a proposed entry, and why. */
export interface LeftAlone {
  readonly kind: "role" | "database";
  readonly name: string;
  readonly reasons: readonly string[];
  /** For a superuser, in the database: then it can be adopted. */
  readonly statements?: readonly string[];
}

export interface Proposal {
  readonly apps: readonly ProposedApp[];
  readonly leftAlone: readonly LeftAlone[];
}

/**
 * Proposes an entry for each database that the stack does not have yet. Pure. Each entry is tried first with
 * the code of `pulumi up`: the only actions may be those of every adoption (`isAdoption`). A part that
 * would change something is left out of the entry, or the whole database is left out.
 */
export function proposeApps(stack: Stack, facts: AdoptFacts): Proposal {
  const { spec } = stack;
  const apps: ProposedApp[] = [];
  const leftAlone: LeftAlone[] = [];
  const known = new Set(spec.apps.flatMap((app) => app.database.names));
  for (const database of facts.catalog.databases.values()) {
    if (known.has(database.name) || isOthers(database.name, spec)) continue;
    const together = findTogether(stack, facts, database, known);
    const whole = together && new Trial(stack, facts, together, apps);
    if (together !== undefined && whole?.findReasons().length === 0) {
      apps.push(whole.propose());
      for (const { name } of together) known.add(name);
      continue;
    }
    const trial = new Trial(stack, facts, [database], apps);
    const found = leaveAlone(stack, facts, database) ?? trial.findReasons().map(toReason);
    if (!Array.isArray(found)) leftAlone.push(found);
    else if (found.length === 0) apps.push(trial.propose());
    else leftAlone.push({ kind: "database", name: database.name, reasons: found });
  }
  const used = new Set([...spec.apps, ...apps.map(({ app }) => app)].flatMap(roleNamesOf));
  const admin = facts.catalog.server.admin;
  for (const role of facts.catalog.roles.values()) {
    if (!role.canLogin || used.has(role.name) || role.name === admin) continue;
    // An owner is reported with its database.
    if (isOthers(role.name, spec) || role.ownedDatabases.length > 0) continue;
    const found = apps.flatMap((app) => app.rejected.get(role.name) ?? []);
    const reasons = explainRole(role, facts, found.map(toReason));
    leftAlone.push({ kind: "role", name: role.name, reasons });
  }
  return { apps, leftAlone };
}

/**
 * The databases of an owner that has several, for one entry. The first is called like the owner or `…main`, if there is
 * one. undefined = it has no other, or one of them cannot be in an entry.
 */
function findTogether(
  { spec }: Stack,
  { catalog }: AdoptFacts,
  { owner }: LiveDatabase,
  known: ReadonlySet<string>,
): [LiveDatabase, ...LiveDatabase[]] | undefined {
  const names = catalog.roles.get(owner)?.ownedDatabases ?? [];
  const all = names.flatMap((name) => catalog.databases.get(name) ?? []);
  const isFree = ({ name, isTemplate = false }: LiveDatabase): boolean =>
    !isTemplate && !known.has(name) && !isOthers(name, spec);
  if (all.length < 2 || all.length < names.length || !all.every(isFree)) return undefined;
  const isMain = ({ name }: LiveDatabase): boolean => name === owner || /main$/i.test(name);
  const [first, ...further] = [...all.filter(isMain), ...all.filter((one) => !isMain(one))];
  return first && [first, ...further];
}

/** A database that cannot be adopted, whatever its entry. */
function leaveAlone(
  stack: Stack,
  facts: AdoptFacts,
  database: LiveDatabase,
): LeftAlone | undefined {
  const { name, owner, isTemplate = false } = database;
  const app = stack.spec.apps.find(({ roles }) => roles[0].name === owner);
  if (app !== undefined) {
    const names = [...app.database.names, name].map((one) => JSON.stringify(one)).join(", ");
    const reason = `its owner "${owner}" is the owner of app ${app.name}; to have both in it, set berth:apps.${app.name}.database.names to [${names}]`;
    return { kind: "database", name, reasons: [reason] };
  }
  if (isTemplate) {
    return { kind: "database", name, reasons: ["it is a template for databases (IS_TEMPLATE)"] };
  }
  const handOver = planHandOver(stack, facts, database);
  return handOver && toLeftAlone(name, handOver);
}

/** A database that first gets another owner. */
export function toLeftAlone(name: string, { reason, statements }: HandOver): LeftAlone {
  return { kind: "database", name, reasons: [reason], statements };
}

function isOthers(name: string, spec: StackSpec): boolean {
  return reservedReason(name, spec) !== undefined;
}

function explainRole(role: LiveRole, facts: AdoptFacts, more: readonly string[]): string[] {
  if (role.isSuperuser) return ["it is a superuser"];
  const reached = databasesReachedBy(role.name, facts);
  if (reached.length === 0) return ["it has no privileges in any proposed database"];
  if (reached.length > 1) {
    return [
      `it reaches ${reached.map((name) => `"${name}"`).join(", ")}; a role belongs to one app`,
    ];
  }
  return [`an entry cannot express what it may do in "${reached[0] ?? ""}"`, ...more];
}

/** Without the app's name, because there is no app yet. */
function toReason({ what, fix }: Problem): string {
  return fix === undefined ? what : `${what}; ${fix}`;
}
