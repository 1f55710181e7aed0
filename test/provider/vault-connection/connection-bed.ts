import { afterEach, beforeEach, expect, vi } from "vitest";
import { BerthError } from "../../../components/errors.ts";
import type { VaultLogin } from "../../../components/onepassword/admin.ts";
import { Credential } from "../../../components/onepassword/credential.ts";
import type { PropertyMap } from "../../../provider/rpc/property-values.ts";
import { Refusals } from "../../../provider/rpc/refusals.ts";
import type { StoredResource } from "../../../provider/rpc/resource-handler.ts";
import { VaultConnectionHandler } from "../../../provider/vault-connection/handler.ts";
import { FakeVault } from "../../vault/fake-vault.ts";

export const password = "canary-password-of-vaults-login";
export const stackId = "0123456789abcdef";
export const path = "postgres/config/wiki";
export const urn = "urn:pulumi:prod::berth::berth:index:VaultConnection::wiki";

/** As the plan makes it. */
export const data = {
  plugin_name: "postgresql-database-plugin",
  allowed_roles: ["wiki"],
  connection_url: "postgresql://{{username}}:{{password}}@postgres.db:5432/wiki?sslmode=disable",
  username: "vault",
  password_authentication: "scram-sha-256",
  root_rotation_statements: [`ALTER ROLE "{{name}}" WITH PASSWORD '{{password}}'`],
  berth: `stack ${stackId}, app wiki`,
} as const;

export const inputs: PropertyMap = {
  app: "wiki",
  path,
  data: { ...data },
  item: "Coachlight/vault-login",
};

/** What others made: another stack, and somebody by hand. */
export const others = { ...data, berth: "stack fedcba9876543210, app news" };
export const unmarked = Object.fromEntries(Object.entries(data).filter(([key]) => key !== "berth"));

/** A stand-in for Vault and a handler for each test, none of which may show a secret. */
export function useConnection(): { readonly vault: FakeVault; readonly bed: ConnectionBed } {
  let vault: FakeVault;
  let bed: ConnectionBed;

  beforeEach(async () => {
    vault = await FakeVault.start();
    bed = new ConnectionBed(vault.address);
    vi.stubEnv("VAULT_TOKEN", vault.token);
    vi.stubEnv("VAULT_ADDR", "");
  });

  afterEach(async () => {
    vi.unstubAllEnvs();
    await vault.close();
    const all = bed.said.join("\n");
    expect(all).not.toContain("canary-password");
    expect(all).not.toContain("hvs.canary");
  });

  return {
    get vault() {
      return vault;
    },
    get bed() {
      return bed;
    },
  };
}

/** The handler as the engine drives it: one provider process a run, and a vault of items in 1Password. */
export class ConnectionBed {
  readonly reports: string[] = [];
  /** All that was ever reported, thrown or kept in state. */
  readonly said: string[] = [];
  /** By vault and title. */
  readonly items = new Map<string, VaultLogin>();
  reads = 0;
  /** The way to Vault in the provider's configuration; undefined = it has none. */
  place: PropertyMap | undefined;
  stack: PropertyMap = {};
  isOffline = false;

  constructor(address: string) {
    this.place = { address };
    this.setItem(password, "1");
  }

  setItem(
    word: string,
    version: string,
    username = "vault",
    item = "Coachlight/vault-login",
  ): void {
    this.items.set(item, { credential: new Credential(username, word), version });
  }

  /** A provider process of its own. */
  provider(): VaultConnectionHandler {
    const report = (_: unknown, __: unknown, text: string): void => {
      this.reports.push(text);
      this.said.push(text);
    };
    const handler = new VaultConnectionHandler({
      report,
      refusals: new Refusals(report),
      isOffline: this.isOffline,
      readLogin: ({ vault, item }) => {
        this.reads += 1;
        const login = this.items.get(`${vault}/${item}`);
        return login === undefined
          ? Promise.reject(new BerthError(`1Password: there is no item ${item}`))
          : Promise.resolve(login);
      },
    });
    handler.configure({
      stack: this.stack,
      ...(this.place === undefined ? {} : { vault: this.place }),
    });
    return handler;
  }

  /** What `pulumi up` does; undefined in `old` = it is new. */
  async up(wanted: PropertyMap = inputs, old?: StoredResource): Promise<StoredResource> {
    const handler = this.provider();
    return await this.#keep(async () => {
      const checked = await handler.check({ urn, oldInputs: old?.inputs, newInputs: wanted });
      if (checked.failures.length > 0) throw new Error(JSON.stringify(checked.failures));
      if (old === undefined) {
        const made = await handler.create({ urn, inputs: wanted, preview: false });
        return { urn, inputs: wanted, ...made };
      }
      const request = { id: old.id, urn, oldInputs: old.inputs, oldState: old.state };
      const changes = await handler.diff({ ...request, newInputs: wanted });
      if (Object.keys(changes).length === 0) return { ...old, inputs: wanted };
      const state = await handler.update({ ...request, newInputs: wanted, preview: false });
      return { ...old, inputs: wanted, state };
    });
  }

  /** The paths that a preview shows as changed. */
  async diff(old: StoredResource, wanted: PropertyMap = old.inputs): Promise<string[]> {
    const { id, urn: of } = old;
    const request = { id, urn: of, oldInputs: old.inputs, oldState: old.state, newInputs: wanted };
    return Object.keys(await this.provider().diff(request)).toSorted();
  }

  async preview(wanted: PropertyMap = inputs): Promise<PropertyMap> {
    return (await this.provider().create({ urn, inputs: wanted, preview: true })).state;
  }

  refresh(old: StoredResource): Promise<StoredResource | undefined> {
    return this.#keep(() => this.provider().read(old));
  }

  remove(old: StoredResource): Promise<void> {
    return this.#keep(() => this.provider().delete(old));
  }

  async #keep<T>(run: () => Promise<T>): Promise<T> {
    try {
      const result = await run();
      this.said.push(JSON.stringify(result ?? null));
      return result;
    } catch (error) {
      this.said.push(String(error), String((error as Error).stack));
      throw error;
    }
  }
}
