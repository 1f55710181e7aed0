import type { PostgresConfig } from "../../../components/postgres/server/config.ts";
import { AppDatabaseHandler } from "../../../provider/app-database/handler.ts";
import { parseProviderConfig } from "../../../provider/app-database/provider-config.ts";
import { RunReports } from "../../../provider/app-database/run-reports.ts";
import type { PropertyMap } from "../../../provider/rpc/property-values.ts";
import type { StoredResource } from "../../../provider/rpc/resource-handler.ts";
import { openVault, readFrom } from "./admin-item.ts";
import { ownershipRole, toUrn } from "./app-inputs.ts";
import { admin, adminCredential, ServerBed, type ServerOptions } from "./server-bed.ts";

export {
  inputsOf,
  inputsOfApp,
  loginOf,
  ownershipRole,
  rolePassword,
  toUrn,
} from "./app-inputs.ts";
export { admin, adminCredential } from "./server-bed.ts";

/** The statements that a report of a preview shows. */
export function statementsIn(report: string): string[] {
  const lines = report.split("\n").map((line) => line.trim());
  return lines.filter((line) => /^[A-Z].*;$/.test(line)).map((line) => line.slice(0, -1));
}

const adminItem = "postgres-admin";

/** A server, and the handler as the engine drives it: check, diff, create or update, one provider process a run. */
export class DatabaseBed extends ServerBed {
  readonly reports: string[] = [];
  /** All that was ever reported, and the errors of `up`. */
  readonly said: string[] = [];
  /** Credentials of admins, by their item. */
  readonly admins = new Map([[adminItem, adminCredential]]);

  static async open(options?: ServerOptions): Promise<DatabaseBed> {
    const bed = new DatabaseBed(options);
    await bed.open();
    return bed;
  }

  /** The provider's arguments: changes of `postgres`, and `stack`. */
  config({ stack, ...changes }: PropertyMap = {}): PropertyMap {
    return {
      ...(stack === undefined ? {} : { stack }),
      postgres: {
        endpoint: { kind: "direct", host: "127.0.0.1", port: this.superuser.port },
        tls: { mode: "disable", serverName: "localhost" },
        maintenanceDatabase: "postgres",
        systemIdentifier: this.systemIdentifier,
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

  /**
   * What a preview of one app reports; undefined in `old` = it is new.
   *
   * @param places Those of the program's apps.
   */
  async preview(
    inputs: PropertyMap,
    old?: StoredResource,
    places?: Record<string, unknown>,
  ): Promise<string> {
    this.reports.length = 0;
    await this.#run(async (handler) => {
      if (places !== undefined) {
        const news = { ...this.config(), places: JSON.stringify(places) };
        handler.checkConfig({ urn: "provider", olds: {}, news });
      }
      if (old === undefined) {
        await handler.create({ urn: toUrn("x"), inputs, preview: true });
      } else {
        const request = { id: old.id, urn: old.urn, oldInputs: old.inputs, oldState: old.state };
        await handler.update({ ...request, newInputs: inputs, preview: true });
      }
    });
    return this.reports.join("\n");
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
}
