import { escapeIdentifier } from "pg";
import { roleNamesOf } from "../../components/config/logins.ts";
import { reservedReason } from "../../components/config/name-rules.ts";
import { scopedRoleName } from "../../components/config/names.ts";
import { parseStack } from "../../components/config/parse.ts";
import type { AppEntry } from "../../components/config/schema.ts";
import type { AppSpec, StackSpec } from "../../components/config/spec.ts";
import { BerthError } from "../../components/errors.ts";
import { type Action, describeAction } from "../../components/postgres/actions.ts";
import { decideAdoption, searchPathOf } from "../../components/postgres/adoption.ts";
import { decideAccess } from "../../components/postgres/diff-access.ts";
import { asTheyAre, decideRoles } from "../../components/postgres/diff-roles.ts";
import type { LiveDatabase, LiveRole } from "../../components/postgres/inspect.ts";
import { planDatabase } from "../../components/postgres/plan.ts";
import { scramOf } from "../../components/postgres/verifier.ts";
import { databasesReachedBy, describeKept } from "./kept.ts";
import { toKey } from "./slug.ts";
import type { Inside, ServerSurvey } from "./survey.ts";

/** A database and its roles as an entry of the stack file that changes nothing about them. */
export interface ProposedApp {
  readonly key: string;
  readonly entry: AppEntry;
  readonly app: AppSpec;
  /** What is there and not in the entry; it stays as it is. */
  readonly kept: readonly string[];
}

/** A role or database that no entry is proposed for, and why. */
export interface LeftAlone {
  readonly kind: "role" | "database";
  readonly name: string;
  readonly reasons: readonly string[];
}

/** What could be written into the stack file. */
export interface Proposal {
  readonly apps: readonly ProposedApp[];
  readonly leftAlone: readonly LeftAlone[];
}

/** The stack that the entries are for: as it is written, and what it means. */
export interface Stack {
  readonly spec: StackSpec;
  /** The values under `config:`, without the `berth:` prefix. */
  readonly values: Readonly<Record<string, unknown>>;
}

/**
 * Proposes an entry for every database that the stack does not have yet. Pure. Each is tried before
 * it is proposed: what `pulumi up` would do with it, worked out by the same code, must be nothing but
 * the mark. What does not pass is left out of the entry, or the database is left alone as a whole.
 */
export function proposeApps(stack: Stack, survey: ServerSurvey): Proposal {
  const { spec } = stack;
  const apps: ProposedApp[] = [];
  const leftAlone: LeftAlone[] = [];
  const known = new Set(spec.apps.map((app) => app.database.name));
  for (const database of survey.catalog.databases.values()) {
    if (known.has(database.name) || isOthers(database.name, spec)) continue;
    const trial = new Trial(stack, survey, database, apps);
    const reasons = trial.findReasons();
    if (reasons.length > 0) leftAlone.push({ kind: "database", name: database.name, reasons });
    else apps.push(trial.propose());
  }
  const used = new Set([...spec.apps, ...apps.map(({ app }) => app)].flatMap(roleNamesOf));
  const admin = survey.catalog.server.admin;
  for (const role of survey.catalog.roles.values()) {
    if (!role.canLogin || used.has(role.name) || role.name === admin) continue;
    // Of one that owns a database, the database tells.
    if (isOthers(role.name, spec) || role.ownedDatabases.length > 0) continue;
    leftAlone.push({ kind: "role", name: role.name, reasons: explainRole(role, survey) });
  }
  return { apps, leftAlone };
}

function isOthers(name: string, spec: StackSpec): boolean {
  return reservedReason(name, spec) !== undefined;
}

function explainRole(role: LiveRole, survey: ServerSurvey): string[] {
  if (role.isSuperuser) return ["it is a superuser"];
  const reached = databasesReachedBy(role.name, survey);
  if (reached.length === 0) return ["it is given nothing in any database that is proposed"];
  if (reached.length > 1) {
    return [
      `it reaches ${reached.map((name) => `"${name}"`).join(", ")}; a role belongs to one app`,
    ];
  }
  return [`what it may do in "${reached[0] ?? ""}" is not what an entry can say`];
}

/** One database on its way to an entry. */
class Trial {
  readonly #stack: Stack;
  readonly #survey: ServerSurvey;
  readonly #database: LiveDatabase;
  readonly #key: string;
  readonly #takenItems: ReadonlySet<string>;

  constructor(
    stack: Stack,
    survey: ServerSurvey,
    database: LiveDatabase,
    before: readonly ProposedApp[],
  ) {
    this.#stack = stack;
    this.#survey = survey;
    this.#database = database;
    const all = [...stack.spec.apps, ...before.map(({ app }) => app)];
    const items = new Set(all.flatMap((app) => app.roles.map((role) => role.item.item)));
    const keys = new Set(all.map((app) => app.name));
    this.#takenItems = items;
    this.#key = toKey(database.name, {
      longest: 40,
      fallback: "app",
      isFree: (key) => !keys.has(key) && !items.has(`${key}-db-credentials`),
    });
  }

  /** Why no entry could be proposed at all. */
  findReasons(): string[] {
    const { name, owner, allowsConnections, connectionLimit } = this.#database;
    if (connectionLimit === -2) {
      return ["a DROP DATABASE of it was interrupted; only DROP DATABASE works on it"];
    }
    if (!allowsConnections) return ["it allows no connections"];
    const why = reservedReason(owner, this.#stack.spec);
    if (why !== undefined) return [`its owner "${owner}" ${why}`];
    const inside = this.#survey.insides.get(name);
    if (typeof inside === "string") {
      const { admin } = this.#survey.catalog.server;
      const grant = `GRANT ${escapeIdentifier(owner)} TO ${escapeIdentifier(admin)}`;
      return [`the admin cannot look into it: ${inside}; if it may not, as a superuser: ${grant}`];
    }
    const mark = this.#foreignMark(owner);
    if (mark !== undefined) return [`it was made by another stack, whose mark is "${mark}"`];
    return this.#try(this.#base());
  }

  /** A stack's marker role is known by its name; what carries it is that stack's. */
  #foreignMark(role: string): string | undefined {
    const { markerRole } = this.#stack.spec.postgres;
    const groups = this.#survey.catalog.roles.get(role)?.memberOf ?? [];
    return groups.find((group) => group.startsWith("berth_") && group !== markerRole);
  }

  propose(): ProposedApp {
    let entry = this.#base();
    const add = (more: AppEntry): boolean => {
      if (this.#try(more).length > 0) return false;
      entry = more;
      return true;
    };
    add({ ...entry, database: { ...entry.database, revokePublic: true } });
    const { name, owner } = this.#database;
    const outside: string[] = [];
    for (const role of this.#candidates()) {
      const key = this.#roleKey(role.name, entry);
      const isAdded = (["readonly", "readwrite"] as const).some((profile) => {
        const settings = { profile, ...this.#roleSettings(role, scopedRoleName(this.#key, key)) };
        return add({ ...entry, roles: { ...entry.roles, [key]: settings } });
      });
      if (!isAdded) outside.push(role.name);
    }
    const app = this.#toApp(entry);
    const kept = describeKept(this.#survey, { database: name, owner, roles: roleNamesOf(app) });
    return { key: this.#key, entry, app, kept };
  }

  /** Login roles that are given something here and nowhere else, and that no other entry has. */
  #candidates(): LiveRole[] {
    const taken = new Set(this.#stack.spec.apps.flatMap(roleNamesOf));
    return [...this.#survey.catalog.roles.values()].filter((role) => {
      if (!role.canLogin || role.name === this.#database.owner || taken.has(role.name))
        return false;
      if (role.ownedDatabases.length > 0 || this.#foreignMark(role.name) !== undefined)
        return false;
      const reached = databasesReachedBy(role.name, this.#survey);
      return reached.length === 1 && reached[0] === this.#database.name;
    });
  }

  #roleKey(name: string, entry: AppEntry): string {
    const prefix = this.#database.name.toLowerCase();
    const rest = name.toLowerCase().startsWith(prefix) ? name.slice(prefix.length) : name;
    return toKey(rest, {
      longest: 20,
      fallback: "role",
      isFree: (key) =>
        entry.roles?.[key] === undefined &&
        !this.#takenItems.has(`${this.#key}-${key}-db-credentials`),
    });
  }

  /** The owner and the database as they are; PUBLIC keeps its rights. */
  #base(): AppEntry {
    const { name, owner, encoding, connectionLimit } = this.#database;
    const derived = this.#key.replaceAll("-", "_");
    const live = this.#survey.catalog.roles.get(owner);
    const ownerSettings = live === undefined ? {} : this.#roleSettings(live, derived);
    const database = {
      ...(name === derived ? {} : { name }),
      ...(encoding === "UTF8" ? {} : { encoding }),
      ...(connectionLimit === -1 ? {} : { connectionLimit }),
    };
    // What changes nothing with Berth's own provisioner may do so with the registry's resources.
    const isStock = this.#toApp({ adopt: true }).provisioner === "postgresql";
    return {
      adopt: true,
      ...(isStock ? { provisioner: "berth" } : {}),
      ...(Object.keys(ownerSettings).length === 0 ? {} : { owner: ownerSettings }),
      ...(Object.keys(database).length === 0 ? {} : { database }),
    };
  }

  #roleSettings(live: LiveRole, derived: string): NonNullable<AppEntry["owner"]> {
    const { markerRole } = this.#stack.spec.postgres;
    const memberOf = live.memberOf.filter((group) => group !== markerRole);
    const searchPath = searchPathOf(live);
    const scram = scramOf(this.#survey.verifiers?.get(live.name) ?? "");
    return {
      ...(live.name === derived ? {} : { name: live.name }),
      ...(live.connectionLimit === -1 ? {} : { connectionLimit: live.connectionLimit }),
      ...(memberOf.length === 0 ? {} : { memberOf }),
      ...(searchPath.length === 0 ? {} : { searchPath }),
      ...(scram === undefined ? {} : { scram }),
    };
  }

  #toApp(entry: AppEntry): AppSpec {
    const { spec, values } = this.#stack;
    const [app] = parseStack(spec.stack, { ...values, apps: { [this.#key]: entry } }).apps;
    if (app === undefined) throw new Error("an entry was parsed into no app");
    return app;
  }

  /** What stands against an entry: that it is refused, or that it would change something. */
  #try(entry: AppEntry): string[] {
    let app: AppSpec;
    try {
      app = this.#toApp(entry);
    } catch (error) {
      if (!(error instanceof BerthError)) throw error;
      const lines = error.message.split("\n").slice(1);
      return lines.map((line) => line.replace(/^ +- /, "").replace(`berth:apps.${this.#key}.`, ""));
    }
    const { spec } = this.#stack;
    const { catalog, insides } = this.#survey;
    const plan = planDatabase(app, spec.postgres);
    const { markerRole } = spec.postgres;
    const { problems } = decideAdoption(plan, catalog, spec.postgres);
    const inside = insides.get(this.#database.name) as Inside;
    const actions = [
      ...decideRoles(plan, catalog, { ...asTheyAre, markerRole }),
      ...decideAccess(
        plan,
        { server: catalog.server, database: this.#database, access: inside.access },
        [],
      ).actions,
    ].filter((action) => !isMark(action, markerRole));
    return [
      ...problems.map((line) => line.replace(`app ${this.#key}: `, "")),
      ...actions.map((action) => `taking it over would change it: ${describeAction(action)}`),
    ];
  }
}

/** What taking over always does: the mark, and that the admin may act for the owner. */
function isMark(action: Action, markerRole: string): boolean {
  if (action.kind === "create-marker" || action.kind === "act-for") return true;
  return action.kind === "join" && action.group === markerRole;
}
