import { z } from "zod";
import { readVaultEnvironment } from "../../components/config/environment.ts";
import type { ItemRef } from "../../components/config/spec/item.ts";
import { BerthError, toOneError } from "../../components/errors.ts";
import type { VaultLogin } from "../../components/onepassword/admin.ts";
import { listDifferent } from "../../components/vault/compare.ts";
import type { VaultPlace } from "../../components/vault/http/access.ts";
import type { VaultClient } from "../../components/vault/http/client.ts";
import { type PropertyMap, toPlain, toPropertyMap } from "../rpc/property-values.ts";
import type { RunContext } from "../rpc/refusals.ts";
import {
  type ChangeKind,
  type Changes,
  type Checked,
  type CheckRequest,
  type Created,
  type CreateRequest,
  type DiffRequest,
  type ResourceHandler,
  requireKnown,
  type StoredResource,
  type UpdateRequest,
} from "../rpc/resource-handler.ts";
import { compareData, findOwnerProblem, isOurs, readMark, toLiveData } from "./decide.ts";
import {
  type ConnectionInputs,
  findInputProblems,
  parseConnection,
  parseStored,
  type StoredConnection,
} from "./inputs.ts";
import { findLeases, writeConnection } from "./write.ts";

export type ReadVaultLogin = (ref: ItemRef) => Promise<VaultLogin>;

const Place = z.object({
  address: z.string().optional(),
  clusterAddress: z.string().optional(),
  caFile: z.string().optional(),
  namespace: z.string().optional(),
});
const Stack = z.object({ former: z.array(z.string()).default([]) });

interface Run extends RunContext {
  readonly readLogin: ReadVaultLogin;
}

/**
 * `berth:index:VaultConnection`: the connection of Vault's database engine to an app's database. The password goes
 * from its item to Vault, and nowhere else. Vault decides, not only state: a diff compares with what Vault has.
 */
export class VaultConnectionHandler implements ResourceHandler {
  readonly type = "berth:index:VaultConnection";
  readonly refreshBeforeUpdate = false;
  readonly #run: Run;
  #place: VaultPlace | undefined;
  #former: readonly string[] = [];
  #client: Promise<VaultClient> | undefined;
  readonly #logins = new Map<string, Promise<VaultLogin>>();
  #hasWarned = false;

  constructor(run: Run) {
    this.#run = run;
  }

  /** Sends nothing to Vault. */
  configure(config: PropertyMap): void {
    const given = toPlain(config);
    this.#place = Place.safeParse(given["vault"]).data;
    this.#former = Stack.safeParse(given["stack"]).data?.former ?? [];
    this.#client = undefined;
    this.#logins.clear();
    this.#hasWarned = false;
  }

  check({ newInputs }: CheckRequest): Promise<Checked> {
    return Promise.resolve({ inputs: newInputs, failures: findInputProblems(newInputs) });
  }

  async diff({ urn, oldInputs, oldState, newInputs }: DiffRequest): Promise<Changes> {
    const wanted = parseConnection(newInputs);
    const old = parseStored(oldState) ?? parseStored(oldInputs);
    if (wanted === undefined || old === undefined) return { data: "update" };
    const changes: Record<string, ChangeKind> = { ...compareData(old.data, wanted.data) };
    if (old.path !== wanted.path) changes["path"] = "replace";
    if (old.app !== wanted.app) changes["app"] = "update";
    if (old.item !== wanted.item) changes["item"] = "update";
    if (old.unverified === true) changes["unverified"] = "delete";
    const client = await this.#openToCompare(urn);
    if (client === undefined) return changes;
    const live = await client.read(wanted.path);
    const different = live === undefined ? ["berth"] : listDifferent(wanted.data, live);
    for (const key of different) changes[`data.${key}`] ??= "update";
    const { version } = await this.#readLogin(wanted.item);
    if (old.itemVersion !== version) changes["item"] ??= "update";
    return changes;
  }

  async create(request: CreateRequest): Promise<Created> {
    return await this.#change(request, undefined);
  }

  async update(request: UpdateRequest): Promise<PropertyMap> {
    const stored = parseStored(request.oldState);
    const before = parseStored(request.oldInputs);
    // After a refresh state has what Vault had. What the program left out since then, only the inputs know.
    const old = stored && { ...stored, data: before?.data ?? stored.data };
    const { state } = await this.#change({ ...request, inputs: request.newInputs }, old);
    return state;
  }

  async #change(
    { urn, inputs, preview }: CreateRequest,
    old: StoredConnection | undefined,
  ): Promise<Created> {
    const wanted = parseConnection(inputs);
    if (preview) {
      await this.#preview(urn, wanted);
      return { id: wanted?.path ?? "", state: inputs };
    }
    const known = requireKnown(wanted, "a VaultConnection");
    return { id: known.path, state: await this.#write(urn, known, old) };
  }

  async read(resource: StoredResource): Promise<StoredResource | undefined> {
    const { id, inputs, state } = resource;
    const stored = parseStored(state) ?? parseStored(inputs);
    if (stored === undefined) {
      throw new BerthError(`${id} cannot be imported: its id does not say how to reach Vault`, {
        hint: "set berth:apps.….vault.adopt to true; pulumi up then takes the connection over",
      });
    }
    const wanted = parseConnection(inputs) ?? stored;
    const live = await (await this.#open()).read(stored.path);
    if (live === undefined) return undefined;
    const data = toLiveData(live, wanted.data);
    return { ...resource, state: toPropertyMap({ ...stored, data }) };
  }

  /** Deletes what this stack made for this app, once no login that Vault made through it is left. */
  async delete({ urn, inputs, state }: StoredResource): Promise<void> {
    const old = parseConnection(inputs) ?? parseStored(state);
    if (old === undefined) return;
    const client = await this.#open();
    const live = await client.read(old.path);
    if (live === undefined) return;
    if (!isOurs(live, old.data, this.#former) || readMark(live)?.app !== old.app) {
      const text = `app ${old.app}: ${old.path} stays in Vault: others have written it since this stack did`;
      this.#run.report("warning", urn, text);
      return;
    }
    const { problem, note } = await findLeases(client, old, live);
    if (problem !== undefined) throw toOneError("Vault", [problem]);
    if (note !== undefined) this.#run.report("warning", urn, note);
    await client.remove(old.path);
  }

  async #preview(urn: string, wanted: ConnectionInputs | undefined): Promise<void> {
    if (wanted === undefined) return;
    const client = await this.#openToCompare(urn);
    if (client === undefined) return;
    const problem = findOwnerProblem(await client.read(wanted.path), wanted, this.#former);
    const { app, path, item } = wanted;
    if (problem === undefined) {
      const text = `app ${app}: ${path} is written in Vault, with the login of item ${item} if Vault does not have it yet`;
      this.#run.report("info", urn, text);
      return;
    }
    this.#run.refusals.refuse(urn, `app ${app}`, toOneError("Vault", [problem]));
  }

  async #write(
    urn: string,
    wanted: ConnectionInputs,
    old: StoredConnection | undefined,
  ): Promise<PropertyMap> {
    const client = await this.#open();
    const live = await client.read(wanted.path);
    const problem = findOwnerProblem(live, wanted, this.#former);
    if (problem !== undefined) throw toOneError("Vault", [problem]);
    const login = await this.#readLogin(wanted.item);
    const request = { wanted, old, live, login, former: this.#former };
    const written = await writeConnection(client, request);
    for (const note of written.notes) this.#run.report("warning", urn, note.message);
    return toPropertyMap(written.state);
  }

  /** Once per run, also after a failure: apps share the item, and 1Password limits the number of requests. */
  #readLogin(item: string): Promise<VaultLogin> {
    const [vault = "", title = ""] = item.split("/");
    const login = this.#logins.get(item) ?? this.#run.readLogin({ vault, item: title });
    this.#logins.set(item, login);
    return login;
  }

  /** undefined = this run compares with nothing. */
  async #openToCompare(urn: string): Promise<VaultClient | undefined> {
    const isWithout = readVaultEnvironment().token === undefined;
    if (!this.#run.isOffline && !isWithout) return await this.#open();
    const why = this.#run.isOffline ? "BERTH_OFFLINE=true" : "VAULT_TOKEN is not set";
    if (!this.#hasWarned) this.#run.report("warning", urn, `not compared with Vault: ${why}`);
    this.#hasWarned = true;
    return undefined;
  }

  #open(): Promise<VaultClient> {
    this.#client ??= openVault(this.#place);
    return this.#client;
  }
}

/**
 * Most stacks have no Vault, and the provider starts in each run. When the last app with connections and
 * `berth:secrets.vault` leave the stack file together, the environment alone says where Vault is.
 */
async function openVault(place: VaultPlace = {}): Promise<VaultClient> {
  const { readVaultAccess } = await import("../../components/vault/http/access.ts");
  const { createVaultClient } = await import("../../components/vault/http/client.ts");
  return createVaultClient(readVaultAccess(place));
}
