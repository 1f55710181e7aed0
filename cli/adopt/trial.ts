import { escapeIdentifier } from "pg";
import {
  ownerItem,
  roleName,
  scopedItem,
  scopedRoleName,
} from "../../components/config/derive/names.ts";
import { roleNamesOf } from "../../components/config/logins.ts";
import { parseStack } from "../../components/config/parse.ts";
import { objectTypes } from "../../components/config/privileges.ts";
import { reservedReason } from "../../components/config/rules/names.ts";
import type { AppEntry } from "../../components/config/schema/stack.ts";
import type { AppSpec, StackSpec } from "../../components/config/spec.ts";
import { BerthError, type Problem } from "../../components/errors.ts";
import type { LiveDatabase, LiveRole } from "../../components/postgres/catalog/catalog.ts";
import { searchPathOf } from "../../components/postgres/catalog/settings.ts";
import { PUBLIC_SCHEMA } from "../../components/postgres/plan/plan.ts";
import {
  type ForeignOwner,
  findForeignOwner,
} from "../../components/postgres/rules/roles/identity.ts";
import { describeAction } from "../../components/postgres/statements/actions.ts";
import { scramOf } from "../../components/postgres/verifier.ts";
import { hasMoreLogins } from "./changes.ts";
import { toDatabaseKeys } from "./database-keys.ts";
import { decideEntry, type EntryDecision } from "./decide-entry.ts";
import { type AdoptFacts, insideOf } from "./facts.ts";
import { toMay } from "./granted.ts";
import { findLoginsOf } from "./group-owner.ts";
import { databasesReachedBy, describeKept } from "./kept.ts";
import { toKey } from "./slug.ts";

/** The databases of one owner and their roles as an entry of the stack file that changes nothing about them. */
export interface ProposedApp {
  readonly key: string;
  readonly entry: AppEntry;
  readonly app: AppSpec;
  /** What exists and is not in the entry. It stays as it is. */
  readonly kept: readonly string[];
  /** What `up` grants to make the profiles of its further roles whole, as text for people. */
  readonly adds: readonly string[];
  /** Roles that reach no other database and are not in the entry, and why not. */
  readonly rejected: ReadonlyMap<string, readonly Problem[]>;
}

/** The stack that the entries are for: its values and its spec. */
export interface Stack {
  readonly spec: StackSpec;
  /** The values under `config:`, without the `berth:` prefix. */
  readonly values: Readonly<Record<string, unknown>>;
}

/** Builds and tries the entry for one database, or for several of one owner. */
export class Trial {
  readonly #stack: Stack;
  readonly #facts: AdoptFacts;
  /** The first. */
  readonly #database: LiveDatabase;
  readonly #names: readonly string[];
  /** What keys are made from. */
  readonly #keyName: string;
  readonly #key: string;
  readonly #takenItems: ReadonlySet<string>;
  /** Further roles whose profile is guessed, because they have privileges only on what is there. */
  readonly #guessed = new Set<string>();

  constructor(
    stack: Stack,
    facts: AdoptFacts,
    [database, ...further]: readonly [LiveDatabase, ...LiveDatabase[]],
    before: readonly ProposedApp[],
  ) {
    this.#stack = stack;
    this.#facts = facts;
    this.#database = database;
    this.#names = [database, ...further].map(({ name }) => name);
    this.#keyName = further.length === 0 ? database.name : database.owner;
    const all = [...stack.spec.apps, ...before.map(({ app }) => app)];
    const items = new Set(all.flatMap((app) => app.roles.map((role) => role.item.item)));
    const keys = new Set(all.map((app) => app.name));
    this.#takenItems = items;
    this.#key = toKey(this.#keyName, {
      longest: 40,
      fallback: "app",
      isFree: (key) => !keys.has(key) && !items.has(ownerItem(key)),
    });
  }

  /** Why there can be no entry at all. */
  findReasons(): readonly Problem[] {
    const { owner } = this.#database;
    const why = reservedReason(owner, this.#stack.spec);
    if (why !== undefined) return [{ what: `its owner "${owner}" ${why}` }];
    const foreign = this.#foreignOwner(owner);
    if (foreign !== undefined) {
      const { stack = "another stack", ownershipRole } = foreign;
      return [{ what: `it was made by ${stack}, whose ownership role is "${ownershipRole}"` }];
    }
    const entry = this.#base();
    const app = this.#parse(entry);
    const inside = this.#names
      .map((one) => this.#facts.insides.get(one))
      .find((one) => typeof one === "string");
    const isRefused = Array.isArray(app) || this.#decide(app).problems.length > 0;
    if (isRefused || typeof inside !== "string") return this.#try(entry);
    const [group, admin] = [owner, this.#facts.catalog.server.admin].map(escapeIdentifier);
    const fix = `if it may not, as a superuser: GRANT ${String(group)} TO ${String(admin)}`;
    return [{ what: `the admin cannot look into it: ${inside}`, fix }];
  }

  #foreignOwner(role: string): ForeignOwner | undefined {
    const live = this.#facts.catalog.roles.get(role);
    return live && findForeignOwner(live, this.#stack.spec.postgres.ownershipRole);
  }

  propose(): ProposedApp {
    let entry = this.#base();
    const add = (more: AppEntry): boolean => {
      if (this.#try(more).length > 0) return false;
      entry = more;
      return true;
    };
    add({ ...entry, database: { ...entry.database, revokePublic: true } });
    const rejected = new Map<string, readonly Problem[]>();
    for (const role of this.#candidates()) {
      const more = this.#withRole(entry, role);
      if (add(more)) continue;
      const problems = this.#try(more);
      this.#guessed.add(role.name);
      const guess = this.#withRole(entry, role, ["table"]);
      if (hasMoreLogins(guess, entry) && add(guess)) continue;
      this.#guessed.delete(role.name);
      rejected.set(role.name, problems);
    }
    // A role's privileges apply in all schemas of the app, so a further one can fail where the first does not.
    for (const schema of this.#ownSchemas()) {
      const { database = {} } = entry;
      const schemas = [database.schemas ?? [], schema].flat();
      add({ ...entry, database: { ...database, schemas } });
    }
    for (const extension of insideOf(this.#facts, this.#database.name)?.extensions ?? []) {
      const { database = {} } = entry;
      const one = extension.schema === "public" ? extension.name : extension;
      add({
        ...entry,
        database: { ...database, extensions: [...(database.extensions ?? []), one] },
      });
    }
    const app = this.#toApp(entry);
    const adds = this.#decide(app).additions.map(describeAction);
    return { key: this.#key, entry, app, kept: describeKept(this.#facts, app), adds, rejected };
  }

  #ownSchemas(): string[] {
    const objects = insideOf(this.#facts, this.#database.name)?.access.objects ?? [];
    return objects
      .filter(({ type, name }) => type === "schema" && name !== PUBLIC_SCHEMA)
      .filter(({ owner }) => owner === this.#database.owner)
      .map(({ name }) => name);
  }

  /** With one more login role, which keeps what an entry can state. `types` of objects decide about its profile. */
  #withRole(entry: AppEntry, role: LiveRole, types = objectTypes): AppEntry {
    const key = this.#roleKey(role.name, entry);
    const settings = this.#roleSettings(role, scopedRoleName(this.#key, key));
    const add = (may: ReturnType<typeof toMay>): AppEntry => ({
      ...entry,
      roles: { ...entry.roles, [key]: { ...may, ...settings } },
    });
    const nothing = add({ privileges: {} });
    const app = this.#parse(nothing);
    return Array.isArray(app) ? nothing : add(toMay(this.#decide(app).actions, role.name, types));
  }

  /** Login roles that have privileges in this database only and are in no other entry. */
  #candidates(): LiveRole[] {
    const taken = new Set(this.#stack.spec.apps.flatMap(roleNamesOf));
    return [...this.#facts.catalog.roles.values()].filter((role) => {
      if (!role.canLogin || role.name === this.#database.owner || taken.has(role.name))
        return false;
      if (role.ownedDatabases.length > 0 || this.#foreignOwner(role.name) !== undefined)
        return false;
      const reached = databasesReachedBy(role.name, this.#facts);
      return reached.length > 0 && reached.every((name) => this.#names.includes(name));
    });
  }

  #roleKey(name: string, entry: AppEntry): string {
    const prefix = this.#keyName.toLowerCase();
    const rest = name.toLowerCase().startsWith(prefix) ? name.slice(prefix.length) : name;
    return toKey(rest, {
      longest: 20,
      fallback: "role",
      isFree: (key) =>
        entry.roles?.[key] === undefined && !this.#takenItems.has(scopedItem(this.#key, key)),
    });
  }

  /** The entry of owner and database as they are. PUBLIC keeps its privileges. */
  #base(): AppEntry {
    const { owner } = this.#database;
    const derived = roleName(this.#key);
    const live = this.#facts.catalog.roles.get(owner);
    const ownerSettings = live === undefined ? {} : this.#roleSettings(live, derived);
    const logins = live && findLoginsOf(live, this.#facts.catalog.roles, derived);
    const twoLogins =
      logins === undefined ? {} : ({ name: owner, rotation: "two-logins", logins } as const);
    const all = { ...ownerSettings, ...twoLogins };
    const template = this.#facts.catalog.databases.get("template0");
    const database = toDatabaseKeys(this.#database, template, { derived, names: this.#names });
    // A change-free entry for Berth's own provisioner can still change something with `postgresql`.
    const isStock = this.#toApp({ adopt: true }).provisioner === "postgresql";
    return {
      adopt: true,
      ...(isStock ? { provisioner: "berth" } : {}),
      ...(Object.keys(all).length === 0 ? {} : { owner: all }),
      ...(Object.keys(database).length === 0 ? {} : { database }),
    };
  }

  #roleSettings(live: LiveRole, derived: string): NonNullable<AppEntry["owner"]> {
    const { ownershipRole } = this.#stack.spec.postgres;
    const memberOf = live.memberOf.filter((group) => group !== ownershipRole);
    const searchPath = searchPathOf(live);
    const scram = scramOf(this.#facts.verifiers?.get(live.name) ?? "");
    return {
      ...(live.name === derived ? {} : { name: live.name }),
      ...(live.connectionLimit === -1 ? {} : { connectionLimit: live.connectionLimit }),
      ...(live.canReplicate ? { replication: true } : {}),
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

  /** The app, or why the stack file cannot contain the entry. */
  #parse(entry: AppEntry): AppSpec | Problem[] {
    try {
      return this.#toApp(entry);
    } catch (error) {
      if (!(error instanceof BerthError)) throw error;
      return error.problems.map(({ what, ...problem }) => ({
        ...problem,
        what: what.replace(`berth:apps.${this.#key}.`, ""),
      }));
    }
  }

  /** Why an entry is not usable: it is refused, or it would change something. */
  #try(entry: AppEntry): readonly Problem[] {
    const app = this.#parse(entry);
    if (Array.isArray(app)) return app;
    const { problems, actions } = this.#decide(app);
    if (problems.length > 0) return problems;
    return actions.map((action) => ({
      what: `adopting it would change it: ${describeAction(action)}`,
    }));
  }

  #decide(app: AppSpec): EntryDecision {
    return decideEntry(app, this.#stack.spec, this.#facts, this.#guessed);
  }
}
