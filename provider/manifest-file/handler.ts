import { relative } from "node:path";
import { BerthError } from "../../components/errors.ts";
import type { Report } from "../rpc/engine-log.ts";
import type { PropertyMap } from "../rpc/property-values.ts";
import { Refusals } from "../rpc/refusals.ts";
import type {
  ChangeKind,
  Changes,
  CheckFailure,
  CheckRequest,
  CreateRequest,
  DiffRequest,
  ResourceHandler,
  StoredResource,
  UpdateRequest,
} from "../rpc/resource-handler.ts";
import { readText, removeFile, writeText } from "./disk.ts";
import {
  findOverwriteProblem,
  formatHeader,
  isOwnedBy,
  isSameManifest,
  parseManifest,
} from "./header.ts";
import {
  type ManifestProperties,
  type PreviewProperties,
  parseInputs,
  toProperties,
  toPropertyMap,
} from "./inputs.ts";
import { inspectTarget, type Target, toReal, toTarget } from "./path.ts";

const ADOPT_HINT =
  "move the file away, or set adopt: true (gitops.adopt in the stack file) to overwrite it";

/**
 * `berth:index:ManifestFile`: one file in the GitOps checkout as a resource. The preview shows how its text
 * changes, `up` undoes an edit by hand, and the file is deleted when its app leaves. The handler compares
 * with the file on disk. Without a checkout (a preview in CI) it compares only with state.
 */
export class ManifestFileHandler implements ResourceHandler {
  readonly type = "berth:index:ManifestFile";
  readonly refreshBeforeUpdate = true;
  readonly #projectDirectory: string;
  readonly #report: Report;
  readonly #refusals: Refusals;
  /** Files written in this run. A delete keeps them: a renamed resource is created first, then deleted. */
  readonly #written = new Set<string | undefined>();
  /** Directories whose files move, each named once. */
  readonly #moved = new Set<string>();
  /** Whether this run or preview creates or updates a file. */
  hasChanged = false;
  /** The last write or delete. They run one by one: a delete removes directories that a write may need. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(projectDirectory: string, report: Report, refusals = new Refusals(report)) {
    this.#projectDirectory = projectDirectory;
    this.#report = report;
    this.#refusals = refusals;
  }

  configure(): void {
    this.#written.clear();
    this.#moved.clear();
    this.hasChanged = false;
  }

  async check(
    request: CheckRequest,
  ): Promise<{ inputs: PropertyMap; failures: readonly CheckFailure[] }> {
    const inputs = { adopt: false, ...request.newInputs };
    const { properties, failures } = parseInputs(inputs);
    // A failure ends the run. A preview that collects goes on, and says it with the file's change.
    if (failures.length > 0 || this.#refusals.areCollected) return { inputs, failures };
    const problem = await this.#findTargetProblem(
      properties,
      toProperties(request.oldInputs ?? {}),
    );
    return { inputs, failures: problem === undefined ? [] : [problem] };
  }

  async diff(request: DiffRequest): Promise<Changes> {
    const { properties } = parseInputs(request.newInputs);
    const old = toProperties(request.oldState) ?? toProperties(request.oldInputs);
    if (old === undefined) throw new BerthError(`state of ${request.id} has no directory or path`);
    const changes: Record<string, ChangeKind> = {};
    const { directory, path } = properties;
    const isMoved =
      directory === undefined ||
      path === undefined ||
      (await this.#moves(old, { directory, path }, request.urn));
    if (directory !== old.directory) changes["directory"] = isMoved ? "replace" : "update";
    if (path !== old.path) changes["path"] = isMoved ? "replace" : "update";
    // `adopt` is left out: it is a permission for the run, not a property of the file.
    for (const name of ["content", "owner"] as const) {
      if (properties[name] !== old[name]) changes[name] = "update";
    }
    if (Object.keys(changes).length === 0 && (await this.#hasDrifted(old))) {
      changes["content"] = "update";
    }
    return changes;
  }

  /**
   * Whether a file leaves its old place. One whose project was moved has no file where its directory now leads to, and
   * it is not written anew.
   */
  async #moves(
    old: ManifestProperties,
    wanted: Pick<ManifestProperties, "directory" | "path">,
    urn: string,
  ): Promise<boolean> {
    const [from, to] = [this.#toTarget(old), this.#toTarget(wanted)];
    if (from.file === to.file) return false;
    const [left, found] = [await toReal(from), await toReal(to)];
    if (found !== undefined && (left === undefined || left === found)) return false;
    if (from.root !== to.root && !this.#moved.has(from.root)) {
      this.#moved.add(from.root);
      this.#report(
        "info",
        urn,
        `the manifests move from ${old.directory} to ${wanted.directory}: up writes each file there and then deletes it here`,
      );
    }
    return true;
  }

  async create(request: CreateRequest): Promise<{ id: string; state: PropertyMap }> {
    this.hasChanged = true;
    if (request.preview) {
      await this.#preview(request.urn, request.inputs, undefined);
      return { id: "", state: request.inputs };
    }
    const wanted = toWanted(request.inputs);
    await this.#write(wanted, undefined);
    return { id: wanted.path, state: toPropertyMap(wanted) };
  }

  async read(resource: StoredResource): Promise<StoredResource | undefined> {
    const old = toProperties(resource.state) ?? toProperties(resource.inputs);
    if (old === undefined) {
      throw new BerthError(`${resource.id} cannot be imported: its id has no checkout`, {
        hint: "declare the ManifestFile with adopt: true; pulumi up then adopts the file",
      });
    }
    const target = this.#toTarget(old);
    const live = await inspectTarget(target);
    if (live.kind === "no-checkout") return resource;
    const text = live.kind === "file" ? await readText(target) : undefined;
    if (text === undefined) return undefined;
    if (isSameManifest(text, old)) return { ...resource, state: toPropertyMap(old) };
    const { owner, content } = parseManifest(text) ?? { owner: "", content: text };
    return { ...resource, state: toPropertyMap({ ...old, owner, content }) };
  }

  async update(request: UpdateRequest): Promise<PropertyMap> {
    this.hasChanged = true;
    if (request.preview) {
      await this.#preview(request.urn, request.newInputs, toProperties(request.oldInputs));
      return request.newInputs;
    }
    const wanted = toWanted(request.newInputs);
    await this.#write(wanted, toProperties(request.oldInputs));
    return toPropertyMap(wanted);
  }

  async delete(resource: StoredResource): Promise<void> {
    // The owner comes from the inputs: after a refresh the state has the owner in the file.
    const old = toProperties(resource.inputs) ?? toProperties(resource.state);
    if (old === undefined || !(await this.remove(old))) return;
    const shown = this.#toShown(this.#toTarget(old));
    this.#report("info", resource.urn, `${shown} is deleted; commit and push that`);
  }

  /** Deletes a file that this owner wrote, unless this run wrote it. Says whether it did. */
  async remove(old: Pick<ManifestProperties, "directory" | "path" | "owner">): Promise<boolean> {
    const target = this.#toTarget(old);
    let isRemoved = false;
    await this.#runAlone(async () => {
      if (this.#written.has(await toReal(target))) return;
      if ((await inspectTarget(target)).kind !== "file") return;
      const text = await readText(target);
      if (text === undefined || !isOwnedBy(text, [old.owner])) return;
      await removeFile(target);
      isRemoved = true;
    });
    return isRemoved;
  }

  async #preview(
    urn: string,
    inputs: PropertyMap,
    old: ManifestProperties | undefined,
  ): Promise<void> {
    const { properties } = parseInputs(inputs);
    const problem = await this.#findTargetProblem(properties, old);
    if (problem === undefined) return;
    // The owner is `stack prod, app wiki`.
    const name = properties.owner?.split(", ").at(-1) ?? properties.path ?? "a file";
    this.#refusals.refuse(urn, name, new BerthError(problem.reason));
  }

  async #write(wanted: ManifestProperties, old: ManifestProperties | undefined): Promise<void> {
    const target = this.#toTarget(wanted);
    await this.#runAlone(async () => {
      const problem = await this.#findTargetProblem(wanted, old);
      if (problem !== undefined) throw new BerthError(problem.reason);
      if (!isSameManifest(await readText(target), wanted)) await writeText(target, toText(wanted));
      this.#written.add(await toReal(target));
    });
  }

  async #findTargetProblem(
    wanted: PreviewProperties,
    old: ManifestProperties | undefined,
  ): Promise<CheckFailure | undefined> {
    const { directory, path, owner, adopt } = wanted;
    if (directory === undefined || path === undefined) return undefined;
    const target = this.#toTarget({ directory, path });
    const live = await inspectTarget(target);
    if (live.kind === "refused") {
      return { property: live.property, reason: live.reason };
    }
    if (live.kind !== "file" || owner === undefined || adopt === undefined) return undefined;
    const isInState = old !== undefined && this.#toTarget(old).file === target.file;
    const problem = findOverwriteProblem({
      text: await readText(target),
      content: wanted.content,
      owners: isInState ? [owner, old.owner] : [owner],
      isInState,
      adopt,
    });
    if (problem === undefined) return undefined;
    const reason = `${this.#toShown(target)} ${problem}\n  fix: ${ADOPT_HINT}`;
    return { property: "path", reason };
  }

  #toShown({ file }: Target): string {
    return relative(this.#projectDirectory, file);
  }

  /** Whether the file differs from state. Without a checkout it is not known and false. */
  async #hasDrifted(properties: ManifestProperties): Promise<boolean> {
    const target = this.#toTarget(properties);
    const live = await inspectTarget(target);
    if (live.kind === "no-checkout") return false;
    return live.kind !== "file" || !isSameManifest(await readText(target), properties);
  }

  #toTarget(properties: { readonly directory: string; readonly path: string }): Target {
    return toTarget(this.#projectDirectory, properties.directory, properties.path);
  }

  #runAlone(act: () => Promise<void>): Promise<void> {
    const result = this.#last.then(act);
    this.#last = result.catch(() => undefined);
    return result;
  }
}

function toText(properties: ManifestProperties): string {
  return formatHeader(properties.owner) + properties.content;
}

function toWanted(inputs: PropertyMap): ManifestProperties {
  const wanted = toProperties(inputs);
  if (wanted === undefined) throw new BerthError("a ManifestFile has unknown inputs in pulumi up");
  return wanted;
}
