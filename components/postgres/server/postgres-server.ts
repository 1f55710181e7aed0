import { DatabaseError } from "pg";
import { BerthError, toOneError } from "../../errors.ts";
import type { Endpoint } from "../../tunnel/endpoint.ts";
import {
  type Catalog,
  inspectCatalog,
  inspectRoles,
  inspectVerifiers,
} from "../catalog/catalog.ts";
import { decideOwnership } from "../rules/roles/identity.ts";
import { toUnpinned } from "../rules/server.ts";
import { type Action, describeAction, isAboutOwnershipRole } from "../statements/actions.ts";
import {
  explainReadFailure,
  explainStatementFailure,
  hintForMembership,
} from "../statements/failure.ts";
import { showStatement, toStatement, type Verifiers } from "../statements/sql.ts";
import type { PostgresConfig } from "./config.ts";
import { type Session, SessionPool } from "./pool.ts";
import { RunLock } from "./run-lock.ts";

/** The app that statements are for. */
export interface Work {
  readonly app: string;
  readonly owner: string;
  readonly verifiers: Verifiers;
  /** Called after each statement that has taken effect; in a transaction, after COMMIT. */
  readonly onDone: (action: Action) => void;
}

/** For statements that set no password. */
export function workWithoutPasswords(app: string, owner: string): Work {
  const verifiers = (): never => {
    throw new Error("no statement was to set a password");
  };
  return { app, owner, verifiers, onDone: () => undefined };
}

/** The server at the start of the run. */
export interface StackCatalog {
  readonly catalog: Catalog;
  /** Stored verifiers of the stack's roles. undefined = the admin may not read them. Secret. */
  readonly verifiers: ReadonlyMap<string, string | null> | undefined;
}

/**
 * The server for the provider's handlers: sessions, one writer at a time, one read of the catalog per run. A
 * statement that gives a warning about privileges has failed.
 */
export class PostgresServer {
  readonly config: PostgresConfig;
  readonly #pool: SessionPool;
  readonly #lock: RunLock;
  #catalog: Promise<StackCatalog> | undefined;
  #ownershipRole: Promise<void> | undefined;
  #isCancelled = false;
  #isDiskFull = false;
  #isOwn = false;

  constructor(config: PostgresConfig) {
    this.config = config;
    this.#pool = new SessionPool(config);
    this.#lock = new RunLock(() => this.#pool.open(config.maintenanceDatabase));
  }

  async withMaintenance<T>(use: (session: Session) => Promise<T>): Promise<T> {
    const { maintenanceDatabase } = this.config;
    return await this.#explain(maintenanceDatabase, this.#pool.withMaintenance(use));
  }

  async withDatabase<T>(database: string, use: (session: Session) => Promise<T>): Promise<T> {
    return await this.#explain(database, this.#pool.withDatabase(database, use));
  }

  async #explain<T>(database: string, used: Promise<T>): Promise<T> {
    try {
      return await used;
    } catch (error) {
      throw explainReadFailure(error, { user: this.config.username, database });
    }
  }

  /** The way to the server, for other clients. */
  endpoint(): Promise<Endpoint> {
    return this.#pool.endpoint();
  }

  /** Every write goes through here. A server that the stack does not pin is never written to. */
  async write<T>(use: () => Promise<T>): Promise<T> {
    if (this.config.systemIdentifier === undefined) {
      const server = await this.withMaintenance((session) => Promise.resolve(session.server));
      throw toOneError("Postgres", [toUnpinned(server)]);
    }
    this.#pool.divideForWriting();
    return await this.#lock.hold(async () => {
      await this.#requireOwnership();
      return await use();
    });
  }

  /** Berth changes only members of the ownership role, so that role must be this stack's. */
  async #requireOwnership(): Promise<void> {
    if (this.#isOwn) return;
    const { ownershipRole, stack } = this.config;
    const live = await this.withMaintenance(async ({ client }) =>
      (await inspectRoles(client, [ownershipRole])).get(ownershipRole),
    );
    const { problem } = decideOwnership(live, stack);
    if (problem !== undefined) throw toOneError("Postgres", [problem]);
    // During the run lock only this run can create it.
    this.#isOwn = live !== undefined;
  }

  /** Reads all roles and databases once per run. The apps of a preview or refresh share the result. */
  inspectStack(): Promise<StackCatalog> {
    this.#catalog ??= this.withMaintenance(async ({ client, server }) => {
      const catalog = await inspectCatalog(client);
      const { ownershipRole } = this.config;
      const ours = [...catalog.roles.values()].filter((role) =>
        role.memberOf.includes(ownershipRole),
      );
      const names = ours.map((role) => role.name);
      return { catalog, verifiers: await inspectVerifiers(client, server, names) };
    });
    return this.#catalog;
  }

  /** Runs one action. Throws if the run was cancelled or the server's disk is full. */
  async run(session: Session, action: Action, work: Work): Promise<void> {
    const intent = describeAction(action);
    if (this.#isCancelled) {
      throw new BerthError(`app ${work.app}: stopped before: ${intent}`, {
        hint: "run pulumi up again: it goes on from here",
      });
    }
    // It was full for another app.
    if (this.#isDiskFull) {
      throw new BerthError(`app ${work.app}: ${intent}: not begun, as the server's disk is full`, {
        hint: "make room on the server, then run pulumi up again: it goes on from here",
      });
    }
    const context = {
      app: work.app,
      role: findRole(action) ?? work.owner,
      admin: session.server.admin,
      versionNumber: session.server.versionNumber,
      intent,
      statement: showStatement(action),
    };
    session.warnings.length = 0;
    try {
      await session.client.query(toStatement(action, work.verifiers));
    } catch (error) {
      // Another try could use up the space that the neighbours, or the server itself, still have.
      if (error instanceof DatabaseError && error.code === "53100") this.#isDiskFull = true;
      throw explainStatementFailure(error, context);
    }
    const warning = session.warnings.find(({ code }) => code === "01006" || code === "01007");
    if (warning !== undefined) throw refuseWarning(warning, context);
    work.onDone(action);
  }

  /** Runs actions in one transaction. If the guard, a last check in it, throws, nothing takes effect. */
  async runTogether(
    session: Session,
    actions: readonly Action[],
    work: Work,
    guard?: () => Promise<void>,
  ): Promise<void> {
    if (actions.length === 0) return;
    const done: Action[] = [];
    await session.client.query("BEGIN");
    try {
      await guard?.();
      const inside = { ...work, onDone: (action: Action) => void done.push(action) };
      for (const action of actions) await this.run(session, action, inside);
      await session.client.query("COMMIT");
    } catch (error) {
      await session.client.query("ROLLBACK").catch(() => undefined);
      throw error;
    }
    for (const action of done) work.onDone(action);
  }

  /** All apps share the ownership role and run in parallel. One of them creates it and writes its comment. */
  async makeOwnershipRoleOnce(
    session: Session,
    actions: readonly Action[],
    work: Work,
  ): Promise<void> {
    const making = actions.filter(isAboutOwnershipRole);
    if (making.length === 0) return;
    this.#ownershipRole ??= this.runTogether(session, making, work);
    try {
      await this.#ownershipRole;
    } catch (error) {
      this.#ownershipRole = undefined;
      throw error;
    }
  }

  /** Stops the run before the next statement. */
  cancel(): void {
    this.#isCancelled = true;
  }

  async close(): Promise<void> {
    await this.#pool.close();
  }
}

/** The role that an action needs the ADMIN option on. undefined = the action is about the owner's objects. */
function findRole(action: Action): string | undefined {
  if (action.kind === "join" || action.kind === "leave") return action.group;
  if (!("role" in action)) return undefined;
  return typeof action.role === "string" ? action.role : action.role.name;
}

function refuseWarning(
  warning: Session["warnings"][number],
  context: Parameters<typeof explainStatementFailure>[1],
): BerthError {
  return new BerthError(
    `app ${context.app}: ${context.intent}: not done: ${warning.message ?? "no effect"} (warning ${warning.code ?? ""})\n  statement: ${context.statement}`,
    {
      hint: `role "${context.admin}" may not decide about this object; ${hintForMembership(context)}`,
    },
  );
}
