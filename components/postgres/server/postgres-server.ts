import { DatabaseError } from "pg";
import { BerthError, toOneError } from "../../errors.ts";
import type { Endpoint } from "../../tunnel/endpoint.ts";
import { inspectVerifiers } from "../catalog/access.ts";
import { type Catalog, inspectCatalog, inspectRoles } from "../catalog/catalog.ts";
import { decideOwnership } from "../rules/identity.ts";
import { findIdentityProblem } from "../rules/server.ts";
import { type Action, describeAction, isAboutOwnershipRole } from "../statements/actions.ts";
import {
  explainBrokenSession,
  explainStatementFailure,
  hintForMembership,
} from "../statements/failure.ts";
import { hiddenVerifiers, toStatement, type Verifiers } from "../statements/sql.ts";
import type { PostgresConfig } from "./config.ts";
import { type Session, SessionPool } from "./pool.ts";
import { RunLock } from "./run-lock.ts";

/** Whose statements these are. */
export interface Work {
  readonly app: string;
  readonly owner: string;
  readonly verifiers: Verifiers;
  /** Called after each statement that has taken effect or is part of a transaction that will. */
  readonly onDone: (action: Action) => void;
}

/** The server at the start of the run. */
export interface StackCatalog {
  readonly catalog: Catalog;
  /** Of the roles that carry the stack's mark, where the admin may see them. Secret. */
  readonly verifiers: ReadonlyMap<string, string | null> | undefined;
}

/**
 * The server as the provider's handlers see it: sessions, one writer at a time, one survey a run, and
 * statements that count a warning about privileges as the failure it is.
 */
export class PostgresServer {
  readonly config: PostgresConfig;
  readonly #pool: SessionPool;
  readonly #lock: RunLock;
  #survey: Promise<StackCatalog> | undefined;
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
    try {
      return await this.#pool.withMaintenance(use);
    } catch (error) {
      throw explainBrokenSession(error);
    }
  }

  async withDatabase<T>(database: string, use: (session: Session) => Promise<T>): Promise<T> {
    try {
      return await this.#pool.withDatabase(database, use);
    } catch (error) {
      throw explainBrokenSession(error);
    }
  }

  /** The way to the server, for a client that is not ours. */
  endpoint(): Promise<Endpoint> {
    return this.#pool.endpoint();
  }

  /** Everything that writes goes through here. A server that the stack does not pin is never written to. */
  async write<T>(use: () => Promise<T>): Promise<T> {
    if (this.config.systemIdentifier === undefined) {
      const problem = await this.withMaintenance(({ server }) =>
        Promise.resolve(findIdentityProblem(server, this.config)),
      );
      throw toOneError("Postgres", [problem ?? "the stack pins no server"]);
    }
    this.#pool.divideForWriting();
    return await this.#lock.hold(async () => {
      await this.#requireOwnership();
      return await use();
    });
  }

  /** Whatever is made, changed or dropped is so for its membership in the ownership role: is that this stack's? */
  async #requireOwnership(): Promise<void> {
    if (this.#isOwn) return;
    const { ownershipRole, stack } = this.config;
    const live = await this.withMaintenance(async ({ client }) =>
      (await inspectRoles(client, [ownershipRole])).get(ownershipRole),
    );
    const { problem } = decideOwnership(live, stack);
    if (problem !== undefined) throw toOneError("Postgres", [problem]);
    // Under the run lock nobody but this run makes it.
    this.#isOwn = live !== undefined;
  }

  /** All roles and databases, asked for once in a run: the apps of a preview or refresh share it. */
  inspectStack(): Promise<StackCatalog> {
    this.#survey ??= this.withMaintenance(async ({ client, server }) => {
      const catalog = await inspectCatalog(client, { roles: undefined, databases: undefined });
      const { ownershipRole } = this.config;
      const ours = [...catalog.roles.values()].filter((role) =>
        role.memberOf.includes(ownershipRole),
      );
      const names = ours.map((role) => role.name);
      return {
        catalog,
        verifiers: server.isSuperuser ? await inspectVerifiers(client, names) : undefined,
      };
    });
    return this.#survey;
  }

  /** Runs one action. Nothing runs any more once the run has been cancelled, or the server's disk is full. */
  async run(session: Session, action: Action, work: Work): Promise<void> {
    if (this.#isCancelled) throw new Cancelled(work.app, describeAction(action));
    if (this.#isDiskFull) throw new DiskFull(work.app, describeAction(action));
    const context = {
      app: work.app,
      role: findRole(action) ?? work.owner,
      admin: session.server.admin,
      versionNumber: session.server.versionNumber,
      intent: describeAction(action),
      statement: toStatement(action, hiddenVerifiers),
    };
    session.warnings.length = 0;
    try {
      await session.client.query(toStatement(action, work.verifiers));
    } catch (error) {
      // Each further try could take what the neighbours, or the server itself, still have.
      if (error instanceof DatabaseError && error.code === "53100") this.#isDiskFull = true;
      throw explainStatementFailure(error, context);
    }
    const warning = session.warnings.find(({ code }) => code === "01006" || code === "01007");
    if (warning !== undefined) throw refuseWarning(warning, context);
    work.onDone(action);
  }

  /**
   * Runs actions that belong together: all of them take effect, or none.
   *
   * @param guard A last look, inside the transaction; what it throws ends it.
   */
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

  /** The ownership role is shared by all apps, which are made side by side: one of them makes and marks it. */
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

  /** Ends the run at the next statement boundary. */
  cancel(): void {
    this.#isCancelled = true;
  }

  async close(): Promise<void> {
    await this.#pool.close();
  }
}

/** The operator stopped the run. */
class Cancelled extends BerthError {
  constructor(app: string, next: string) {
    super(`app ${app}: stopped before: ${next}`, {
      hint: "run pulumi up again: it goes on from here",
    });
  }
}

/** Another app has met it; this one is spared the try. */
class DiskFull extends BerthError {
  constructor(app: string, next: string) {
    super(`app ${app}: ${next}: not begun, as the server's disk is full`, {
      hint: "make room on the server, then run pulumi up again: it goes on from here",
    });
  }
}

/** Whose ADMIN option an action takes; undefined = it is about what belongs to the app's owner. */
function findRole(action: Action): string | undefined {
  if (action.kind === "join" || action.kind === "leave") return action.group;
  if (!("role" in action)) return undefined;
  return typeof action.role === "string" ? action.role : action.role.name;
}

function refuseWarning(
  warning: { readonly code: string | undefined; readonly message: string | undefined },
  context: Parameters<typeof explainStatementFailure>[1],
): BerthError {
  return new BerthError(
    `app ${context.app}: ${context.intent}: not done: ${warning.message ?? "no effect"} (warning ${warning.code ?? ""})\n  statement: ${context.statement}`,
    {
      hint: `role "${context.admin}" may not decide about this object; ${hintForMembership(context)}`,
    },
  );
}
