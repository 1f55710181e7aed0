import pLimit, { type LimitFunction } from "p-limit";

import type { Client } from "pg";
import { BerthError, messageOf, toOneError } from "../../errors.ts";
import { holdLineBreaks } from "../../terminal-text.ts";
import type { Endpoint } from "../../tunnel/endpoint.ts";

import { inspectServer, type ServerFacts } from "../catalog/catalog.ts";
import { findOtherServer, findServerProblems } from "../rules/server.ts";
import type { PostgresConfig } from "./config.ts";
import { LoginFailure } from "./login-failure.ts";
import { reachServer } from "./reach.ts";
import { openSession, type ServerTarget } from "./session.ts";

/** The server cannot be reached at the moment. */
export class Unreachable extends BerthError {}

/** A session with a server whose identity was checked. */
export interface Session {
  readonly client: Client;
  readonly server: ServerFacts;
  /** Warnings of the server since the last statement began; see `PostgresServer.run`. */
  readonly warnings: { code: string | undefined; message: string | undefined }[];
  readonly isOpen: () => boolean;
}

/**
 * The provider's connections: none before the first is needed, and never more than the limit. Sessions in the
 * maintenance database are kept for the next app; those in an app's database end after use. The tunnel opens
 * with the first connection, and again if it breaks. Every session checks the server's identity, so nothing is
 * written if the tunnel leads elsewhere.
 */
export class SessionPool {
  readonly #config: PostgresConfig;
  readonly #idle: Session[] = [];
  readonly #open = new Set<Client>();
  readonly #maintenance: LimitFunction;
  readonly #inside: LimitFunction;
  #server: Promise<ServerTarget> | undefined;
  /** What the first session found. */
  #known: ServerFacts | undefined;

  constructor(config: PostgresConfig) {
    this.#config = config;
    // A refresh reads the maintenance database once, and then each app's.
    this.#inside = pLimit(config.connectionLimit - 1);
    this.#maintenance = pLimit(1);
  }

  /**
   * Call it before the first write. From then on one session is for the run lock. The larger half of the others
   * creates databases, which takes the longest.
   */
  divideForWriting(): void {
    const others = this.#config.connectionLimit - 1;
    this.#inside.concurrency = Math.floor(others / 2);
    this.#maintenance.concurrency = Math.ceil(others / 2);
  }

  /** A session in the maintenance database. Nobody else uses it during `use`. */
  async withMaintenance<T>(use: (session: Session) => Promise<T>): Promise<T> {
    return await this.#maintenance(async () => {
      let session = this.#idle.pop();
      while (session !== undefined && !session.isOpen()) session = this.#idle.pop();
      session ??= await this.open(this.#config.maintenanceDatabase);
      try {
        return await use(session);
      } finally {
        if (session.isOpen()) this.#idle.push(session);
      }
    });
  }

  async withDatabase<T>(database: string, use: (session: Session) => Promise<T>): Promise<T> {
    return await this.#inside(async () => {
      const session = await this.open(database);
      try {
        return await use(session);
      } finally {
        await session.client.end().catch(() => undefined);
      }
    });
  }

  async endpoint(): Promise<Endpoint> {
    return (await this.#reach()).endpoint;
  }

  async #reach(): Promise<ServerTarget> {
    this.#server ??= reachServer(this.#config);
    try {
      return await this.#server;
    } catch (error) {
      this.#server = undefined;
      throw toUnreachable(error);
    }
  }

  /** A session for the caller alone. It counts in no limit and ends with the pool. */
  async open(database: string): Promise<Session> {
    const admin = await this.#config.admin();
    const server = await this.#reach();
    let client: Client;
    try {
      client = await openSession({ ...server, database }, admin);
    } catch (error) {
      throw error instanceof LoginFailure && error.isAnswer ? error : toUnreachable(error);
    }
    return await this.#inspect(client, database === this.#config.maintenanceDatabase);
  }

  async #inspect(client: Client, createsRoles: boolean): Promise<Session> {
    let open = true;
    const warnings: Session["warnings"] = [];
    this.#open.add(client);
    client.on("end", () => {
      open = false;
      this.#open.delete(client);
    });
    client.on("notice", ({ code, message }) => {
      if (code?.startsWith("01") === true)
        warnings.push({ code, message: holdLineBreaks(message) });
    });
    try {
      const server = await inspectServer(client, this.#known);
      const problems = [
        findOtherServer(server, this.#config),
        ...findServerProblems(server, this.#config),
      ].filter((problem) => problem !== undefined);
      if (problems.length > 0) throw toOneError("Postgres", problems);
      this.#known ??= server;
      if (createsRoles && server.versionNumber >= 160_000 && !server.isSuperuser) {
        // Lets the admin SET ROLE to the roles that it creates. Before 16 it needs a GRANT for that.
        await client.query("SET createrole_self_grant = 'set, inherit'");
      }
      return { client, server, warnings, isOpen: () => open };
    } catch (error) {
      await client.end().catch(() => undefined);
      throw error;
    }
  }

  /** Ends every session and the tunnel. It does not wait for running statements. */
  async close(): Promise<void> {
    await Promise.all([...this.#open].map((client) => client.end().catch(() => undefined)));
    const server = await this.#server?.catch(() => undefined);
    this.#server = undefined;
    await server?.endpoint.close();
  }
}

function toUnreachable(error: unknown): Unreachable {
  return new Unreachable(messageOf(error));
}
