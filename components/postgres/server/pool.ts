import pLimit, { type LimitFunction } from "p-limit";
import type { Client } from "pg";
import { BerthError, toOneError } from "../../errors.ts";
import type { Endpoint } from "../../tunnel/endpoint.ts";
import { inspectServer, type ServerFacts } from "../catalog/catalog.ts";
import { findIdentityProblem, findServerProblems } from "../rules/server.ts";
import type { PostgresConfig } from "./config.ts";
import { LoginFailure } from "./login-failure.ts";
import { reachServer } from "./reach.ts";
import { openSession, type ServerTarget } from "./session.ts";

/** There is no way to the server just now. */
export class Unreachable extends BerthError {}

/** A session that is known to be with the right server. */
export interface Session {
  readonly client: Client;
  readonly server: ServerFacts;
  /** Warnings of the server since they were last taken; see `runStatement`. */
  readonly warnings: { code: string | undefined; message: string | undefined }[];
  readonly isOpen: () => boolean;
}

/**
 * The provider's connections: none before the first is needed, never more than the limit, sessions in
 * the maintenance database kept for the next app, those in an app's database ended with it. The tunnel
 * opens with the first connection and opens again if it broke; every session asks the server who it
 * is, so that a tunnel that came back elsewhere is noticed before anything is written.
 */
export class SessionPool {
  readonly #config: PostgresConfig;
  readonly #idle: Session[] = [];
  readonly #open = new Set<Client>();
  readonly #maintenance: LimitFunction;
  readonly #inside: LimitFunction;
  #server: Promise<ServerTarget> | undefined;

  constructor(config: PostgresConfig) {
    this.#config = config;
    // A refresh asks the maintenance database once and then looks into each app's.
    this.#inside = pLimit(config.connectionLimit - 1);
    this.#maintenance = pLimit(1);
  }

  /**
   * Called before the first write: from then on one session is the run lock's, and of the others making
   * databases, which takes the most time, gets the larger half.
   */
  divideForWriting(): void {
    const others = this.#config.connectionLimit - 1;
    this.#inside.concurrency = Math.floor(others / 2);
    this.#maintenance.concurrency = Math.ceil(others / 2);
  }

  /** A session in the maintenance database, alone for the time of `use`. */
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

  /** A session in an app's database. */
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

  /** The way to the server, opened with the first use. */
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

  /** A session of the caller's own; it counts in no limit and ends with the pool. */
  async open(database: string): Promise<Session> {
    const server = await this.#reach();
    let client: Client;
    try {
      client = await openSession({ ...server, database }, this.#config.admin);
    } catch (error) {
      throw error instanceof LoginFailure && error.isAnswer ? error : toUnreachable(error);
    }
    return await this.#examine(client);
  }

  async #examine(client: Client): Promise<Session> {
    let open = true;
    const warnings: Session["warnings"] = [];
    this.#open.add(client);
    client.on("end", () => {
      open = false;
      this.#open.delete(client);
    });
    client.on("notice", ({ code, message }) => {
      if (code?.startsWith("01") === true) warnings.push({ code, message });
    });
    try {
      const server = await inspectServer(client);
      const problems = [
        ...(this.#config.systemIdentifier === undefined
          ? []
          : [findIdentityProblem(server, this.#config)]),
        ...findServerProblems(server, this.#config),
      ].filter((problem) => problem !== undefined);
      if (problems.length > 0) throw toOneError("Postgres", problems);
      if (server.versionNumber >= 160_000 && !server.isSuperuser) {
        // The admin may then act for the roles it makes; before 16 it is given that by statement.
        await client.query("SET createrole_self_grant = 'set, inherit'");
      }
      return { client, server, warnings, isOpen: () => open };
    } catch (error) {
      await client.end().catch(() => undefined);
      throw error;
    }
  }

  /** Ends every session, and the tunnel. A statement that is under way is not waited for. */
  async close(): Promise<void> {
    await Promise.all([...this.#open].map((client) => client.end().catch(() => undefined)));
    const server = await this.#server?.catch(() => undefined);
    this.#server = undefined;
    await server?.endpoint.close();
  }
}

function toUnreachable(error: unknown): Unreachable {
  return new Unreachable(error instanceof Error ? error.message : String(error));
}
