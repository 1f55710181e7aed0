import { BerthError, describeProblem, toOneError } from "../../components/errors.ts";
import { listActions } from "../../components/postgres/diff/decide-app.ts";
import { toLiveState } from "../../components/postgres/diff/drift.ts";
import { findIdentityProblem } from "../../components/postgres/rules/server.ts";
import { PostgresServer } from "../../components/postgres/server/postgres-server.ts";
import type { Action } from "../../components/postgres/statements/actions.ts";
import { type PropertyMap, toPropertyMap } from "../rpc/property-values.ts";
import {
  type ChangeKind,
  type Changes,
  type Checked,
  type CheckRequest,
  type Created,
  type CreateRequest,
  type DiffRequest,
  PartialFailure,
  type ResourceHandler,
  requireKnown,
  type StoredResource,
  type UpdateRequest,
} from "../rpc/resource-handler.ts";
import { compareStates, compareVerifiers, listDrift, listFound, toFound } from "./changes.ts";
import {
  type AppDatabaseInputs,
  findInputProblems,
  parseAppDatabase,
  parseStored,
  toDriftPaths,
  withoutVerifiers,
} from "./inputs.ts";
import { failPreview, type Inspection, inspectRequest, isLoss } from "./inspect.ts";
import { Looks } from "./looks.ts";
import { ProgramClaims, placeOf } from "./program-claims.ts";
import {
  isStackConfig,
  keepIdentity,
  parseProviderConfig,
  type ReadAdmin,
} from "./provider-config.ts";
import { type AppRequest, toPlainRequest, toRequest, toStopped, toUnfinished } from "./request.ts";
import { findFormer, retireApp, shutOut } from "./retire.ts";
import { checkRetirement, readPlaces } from "./retirement-check.ts";
import type { RunReports } from "./run-reports.ts";
import { applyApp, SuperuserLeft } from "./up.ts";

/**
 * `berth:postgres:AppDatabase`: an app's roles, memberships, database, grants and default privileges as one
 * resource. The live server decides, not only state: create adopts what is there and Berth's, update does what
 * is missing, and delete drops only what is Berth's and confirmed.
 */
export class AppDatabaseHandler implements ResourceHandler {
  readonly type = "berth:postgres:AppDatabase";
  // A plain preview uses one catalog for all apps. A read of each app would cost more.
  readonly refreshBeforeUpdate = false;
  readonly #reports: RunReports;
  readonly #isOffline: boolean;
  readonly #readAdmin: ReadAdmin;
  #server: PostgresServer | undefined;
  /** The keys of the stack file. The engine passes them to the default provider in an import. */
  #stackConfig: PropertyMap | undefined;
  readonly #claims = new ProgramClaims();
  readonly #looks = new Looks();

  constructor(reports: RunReports, isOffline: boolean, readAdmin: ReadAdmin) {
    this.#reports = reports;
    this.#isOffline = isOffline;
    this.#readAdmin = readAdmin;
  }

  checkConfig({ urn, olds, news }: Parameters<NonNullable<ResourceHandler["checkConfig"]>>[0]) {
    this.#reports.setProvider(urn);
    const { inputs: checked, places, failures, warnings, kept, left } = checkRetirement(olds, news);
    const inputs = keepIdentity(olds, checked);
    if (places !== undefined) this.#claims.setApps(places);
    this.#reports.warn(urn, warnings);
    for (const [app, place] of kept) this.#reports.noteKept(urn, app, place);
    for (const [app, place] of left) this.#reports.noteLeft(urn, app, place);
    return { inputs, failures };
  }

  invoke(token: string, args: PropertyMap): PropertyMap | undefined {
    if (token === "berth:postgres:beginRun") this.#claims.setApps(readPlaces(args) ?? {});
    return this.#reports.answer(token, args);
  }

  /** Does not connect. The first app that needs the server does. */
  async configure(config: PropertyMap): Promise<void> {
    await this.#server?.close();
    this.#stackConfig = isStackConfig(config) ? config : undefined;
    const postgres = parseProviderConfig(config, this.#readAdmin);
    this.#server = postgres === undefined ? undefined : new PostgresServer(postgres);
    this.#reports.begin();
  }

  check({ urn, newInputs: inputs }: CheckRequest): Promise<Checked> {
    const state = parseStored(inputs);
    if (state !== undefined) this.#claims.add(urn, placeOf(state));
    // The engine also checks what an import has read, which has no verifiers.
    if (this.#stackConfig !== undefined) return Promise.resolve({ inputs, failures: [] });
    return Promise.resolve({ inputs, failures: findInputProblems(inputs, this.#server?.config) });
  }

  async diff(request: DiffRequest): Promise<Changes> {
    const wanted = parseAppDatabase(request.newInputs);
    const old = parseStored(request.oldState) ?? parseStored(request.oldInputs);
    if (wanted === undefined || old === undefined) return { roles: "update" };
    const changes: Record<string, ChangeKind> = { ...compareStates(old, wanted.state) };
    const before = parseAppDatabase(request.oldInputs)?.verifiers ?? new Map<string, string>();
    for (const key of compareVerifiers(before, wanted.verifiers)) {
      changes[`verifiers.${key}`] = before.has(key) ? "update" : "add";
    }
    if (request.oldState["incomplete"] === true) changes["incomplete"] = "delete";
    for (const path of toDriftPaths(request.oldState)) changes[path] ??= "update";
    const { compareInside } = this.requireServer().config;
    // A refresh may have found a difference, and there may be a new one since.
    const asked = this.#toRequest(request.urn, wanted, request);
    const found = await this.#inspect(request.urn, asked, compareInside);
    if (found === undefined) return changes;
    if (!compareInside) this.#reports.noteNotCompared(request.urn);
    const unexpected = listActions(found.decision).filter(({ path }) => !(path in changes));
    if (Object.keys(changes).length === 0 && unexpected.length > 0) {
      this.#reports.showDifference(request.urn, unexpected);
    }
    // A problem counts as drift here. The preview of the update then says what the problem is.
    for (const path of listDrift(found.decision)) changes[path] ??= "update";
    // A change says it by itself.
    const { notes, unstated } = found.decision;
    if (Object.keys(changes).length > 0) this.#looks.keep(request.urn, asked, found);
    else this.#reports.warn(request.urn, [...notes, ...unstated.map(describeProblem)]);
    return changes;
  }

  async create(request: CreateRequest): Promise<Created> {
    return await this.#change(request, undefined);
  }

  async update(request: UpdateRequest): Promise<PropertyMap> {
    const { state } = await this.#change({ ...request, inputs: request.newInputs }, request);
    return state;
  }

  /** @param old undefined = the app is new. */
  async #change(
    { urn, inputs, preview }: CreateRequest,
    old: UpdateRequest | undefined,
  ): Promise<Created> {
    const parsed = parseAppDatabase(inputs);
    if (parsed === undefined && preview) return { id: "", state: withoutVerifiers(inputs) };
    const known = requireKnown(parsed, "an AppDatabase");
    const id = old?.id ?? known.state.database.name;
    const request = this.#toRequest(urn, known, old);
    if (!preview) return { id, state: await this.#apply(urn, id, request) };
    await this.#preview(urn, request);
    return { id, state: toPropertyMap(known.state) };
  }

  async read(resource: StoredResource): Promise<StoredResource | undefined> {
    this.#reports.noteRead();
    const wanted = parseAppDatabase(resource.inputs);
    const state = wanted?.state ?? parseStored(resource.state);
    if (state === undefined || this.#stackConfig !== undefined) {
      const { importApp } = await import("./import.ts");
      return await importApp(this.#stackConfig, resource, this.#reports.report);
    }
    const unfinished = toUnfinished(resource.state);
    const verifiers = wanted?.verifiers ?? new Map<string, string>();
    const server = this.requireServer();
    // Before the end of the first run an absent database is not lost.
    const isKnown = unfinished === undefined;
    const request = toPlainRequest({ state, verifiers }, server.config, isKnown);
    const found = await inspectRequest(server, request, true);
    this.#looks.keep(resource.urn, request, found);
    const { decision, catalog } = found;
    const losses = decision.problems.filter((problem) => isLoss(problem, isKnown));
    if (losses.length > 0) throw toOneError("Postgres", losses);
    this.#reports.warn(resource.urn, listFound(decision));
    const actions = listActions(decision);
    const live = toPropertyMap(toLiveState(state, actions, catalog));
    if (actions.length > 0) this.#reports.showDifference(resource.urn, actions);
    return { ...resource, state: { ...live, ...toFound(decision), ...unfinished } };
  }

  /**
   * With `reclaimPolicy: delete` and a confirmation: drops database and roles. If the app stays and only its
   * database has another name: shuts out the roles that left the entry. Otherwise does nothing.
   */
  async delete(resource: StoredResource): Promise<void> {
    const { urn } = resource;
    // Inputs have the last entry. State may have live values from a refresh.
    const state = parseStored(resource.inputs) ?? parseStored(resource.state);
    if (state === undefined) return;
    const former = findFormer(resource, state, this.#claims.rolesBeside(urn, state.app));
    if (former.length > 0)
      this.#reports.note(urn, await shutOut(this.requireServer(), state, former));
    if (state.reclaimPolicy !== "delete") {
      const isGone = !this.#claims.has(urn, state.app);
      if (isGone) this.#reports.noteKept(urn, state.app, placeOf(state));
      return;
    }
    if (this.#claims.declares(state.app, state.database.name)) return;
    const kept = this.#claims.whyKept(urn, state.app, state.database.name);
    if (kept !== undefined) {
      this.#reports.report("warning", urn, kept);
      return;
    }
    const isNeeded = (role: string): boolean => this.#claims.isNeeded(urn, state.app, role);
    this.#reports.note(urn, await retireApp(this.requireServer(), state, isNeeded));
  }

  cancel(): void {
    this.#server?.cancel();
  }

  async close(): Promise<void> {
    await this.#server?.close();
  }

  #toRequest(
    urn: string,
    inputs: AppDatabaseInputs,
    old: Parameters<typeof toRequest>[1],
  ): AppRequest {
    const isNeeded = (role: string) => this.#claims.isNeeded(urn, inputs.state.app, role);
    return toRequest(inputs, old, this.requireServer().config, isNeeded);
  }

  /** Reports the statements of a change. They are those of the run, with the verifiers hidden. */
  async #preview(urn: string, request: AppRequest): Promise<void> {
    const found = await this.#inspect(urn, request, true);
    if (found === undefined) return;
    const { ownershipRole } = this.requireServer().config;
    this.#reports.showPreview(urn, request, found.decision, ownershipRole);
  }

  async #apply(urn: string, id: string, request: AppRequest): Promise<PropertyMap> {
    const server = this.requireServer();
    const done: Action[] = [];
    try {
      const notes = await applyApp(server, request, (action) => void done.push(action));
      this.#reports.warn(urn, notes);
      return toPropertyMap(request.state);
    } catch (error) {
      if (done.length === 0) throw error;
      // Something took effect, so the resource must be in state for the next up to continue.
      const state = toStopped(request, error instanceof SuperuserLeft);
      throw new PartialFailure(error, { id, state });
    }
  }

  /** Reads the server; undefined = the run is offline. Fails if the server cannot be reached. */
  async #inspect(
    urn: string,
    request: AppRequest,
    isDeep: boolean,
  ): Promise<Inspection | undefined> {
    const server = this.requireServer();
    const inside = this.#looks.take(urn, request);
    if (this.#isOffline) {
      this.#reports.warnOnce(urn, "not compared with the server: BERTH_OFFLINE=true");
      return undefined;
    }
    const found = await inspectRequest(server, request, isDeep, { inside }).catch(failPreview);
    const identity = findIdentityProblem(found.catalog.server, server.config);
    if (identity !== undefined) this.#reports.warnOnce(urn, describeProblem(identity));
    return found;
  }

  /** The server of the run, for each handler of this process. Throws if the program gave none. */
  requireServer(): PostgresServer {
    if (this.#server !== undefined) return this.#server;
    throw new BerthError("Berth's provider does not know its server", {
      hint: 'make it with new BerthProvider("berth", { postgres: … }) and give it to the App',
    });
  }
}
