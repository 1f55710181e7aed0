import { relative } from "node:path";
import { BerthError } from "../../components/errors.ts";
import type { Report } from "../rpc/engine-log.ts";
import type { PropertyMap } from "../rpc/property-values.ts";
import { Refusals } from "../rpc/refusals.ts";
import type {
  ChangeKind,
  Changes,
  Checked,
  CheckRequest,
  Created,
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
  /**
   * URNs of the program's resources, by their file. A delete keeps those of others: an earlier run may have written one
   * under its new name, and failed before it came to the deletion of the old one.
   */
  readonly #declared = new Map<string | undefined, Set<string>>();
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
    this.#declared.clear();
    this.#moved.clear();
    this.hasChanged = false;
  }

  async check(request: CheckRequest): Promise<Checked> {
    const inputs = { adopt: false, ...request.newInputs };
    const { properties, failures } = parseInputs(inputs);
    const { directory, path } = properties;
    if (directory !== undefined && path !== undefined) {
      const file = await toReal(this.#toTarget({ directory, path }));
      this.#declared.set(file, (this.#declared.get(file) ?? new Set()).add(request.urn));
    }
    // A failure ends the run. A preview that collects goes on, and says it with the file's change.
    if (failures.length > 0 || this.#refusals.areCollected) return { inputs, failures };
    const problem = await this.#findTargetProblem(
      properties,
      toProperties(request.oldInputs ?? {}),
    );
    if (problem === undefined) return { inputs, failures: [] };
    const { property, error } = problem;
    return { inputs, failures: [{ property, reason: error.message }] };
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

  async create(request: CreateRequest): Promise<Created> {
    return await this.#change(request, undefined);
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
    if (isSameManifest(text, old)) return { ...resource, state: old };
    const { owner, content } = parseManifest(text) ?? { owner: "", content: text };
    return { ...resource, state: { ...old, owner, content } };
  }

  async update(request: UpdateRequest): Promise<PropertyMap> {
    const old = toProperties(request.oldInputs);
    const { state } = await this.#change({ ...request, inputs: request.newInputs }, old);
    return state;
  }

  async #change(
    { urn, inputs, preview }: CreateRequest,
    old: ManifestProperties | undefined,
  ): Promise<Created> {
    this.hasChanged = true;
    if (preview) {
      await this.#preview(urn, inputs, old);
      return { id: "", state: inputs };
    }
    const wanted = toWanted(inputs);
    await this.#write(wanted, old);
    return { id: wanted.path, state: wanted };
  }

  async delete(resource: StoredResource): Promise<void> {
    // The owner comes from the inputs: after a refresh the state has the owner in the file.
    const old = toProperties(resource.inputs) ?? toProperties(resource.state);
    if (old === undefined || !(await this.remove(old, resource.urn))) return;
    const shown = this.#toShown(this.#toTarget(old));
    this.#report("info", resource.urn, `${shown} is deleted; commit and push that`);
  }

  /**
   * Deletes a file that this owner wrote, unless this run wrote it or another resource has it. Says whether it did.
   *
   * @param urn The resource that had it; undefined = none that is known.
   */
  async remove(
    old: Pick<ManifestProperties, "directory" | "path" | "owner">,
    urn?: string,
  ): Promise<boolean> {
    const target = this.#toTarget(old);
    return await this.#runAlone(async () => {
      const file = await toReal(target);
      const isOfOther = [...(this.#declared.get(file) ?? [])].some((other) => other !== urn);
      if (isOfOther || this.#written.has(file)) return false;
      if ((await inspectTarget(target)).kind !== "file") return false;
      const text = await readText(target);
      if (text === undefined || !isOwnedBy(text, [old.owner])) return false;
      await removeFile(target);
      return true;
    });
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
    this.#refusals.refuse(urn, name, problem.error);
  }

  async #write(wanted: ManifestProperties, old: ManifestProperties | undefined): Promise<void> {
    const target = this.#toTarget(wanted);
    await this.#runAlone(async () => {
      const problem = await this.#findTargetProblem(wanted, old);
      if (problem !== undefined) throw problem.error;
      const text = formatHeader(wanted.owner) + wanted.content;
      if (!isSameManifest(await readText(target), wanted)) await writeText(target, text);
      this.#written.add(await toReal(target));
    });
  }

  async #findTargetProblem(
    wanted: PreviewProperties,
    old: ManifestProperties | undefined,
  ): Promise<{ readonly property: string; readonly error: BerthError } | undefined> {
    const { directory, path, owner, adopt } = wanted;
    if (directory === undefined || path === undefined) return undefined;
    const target = this.#toTarget({ directory, path });
    const live = await inspectTarget(target);
    if (live.kind === "refused") {
      return { property: live.property, error: new BerthError(live.reason) };
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
    const message = `${this.#toShown(target)} ${problem}`;
    return { property: "path", error: new BerthError(message, { hint: ADOPT_HINT }) };
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

  #toTarget({ directory, path }: Pick<ManifestProperties, "directory" | "path">): Target {
    return toTarget(this.#projectDirectory, directory, path);
  }

  #runAlone<T>(act: () => Promise<T>): Promise<T> {
    const result = this.#last.then(act);
    this.#last = result.catch(() => undefined);
    return result;
  }
}

function toWanted(inputs: PropertyMap): ManifestProperties {
  const wanted = toProperties(inputs);
  if (wanted === undefined) throw new BerthError("a ManifestFile has unknown inputs in pulumi up");
  return wanted;
}
