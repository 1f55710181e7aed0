import path from "node:path";
import { z } from "zod";
import { describeProblem } from "../../components/errors.ts";
import type { ManifestFileHandler } from "../manifest-file/handler.ts";
import type { Report } from "../rpc/engine-log.ts";
import type { PropertyMap } from "../rpc/property-values.ts";
import type {
  Changes,
  Created,
  CreateRequest,
  DiffRequest,
  ResourceHandler,
  StoredResource,
  UpdateRequest,
} from "../rpc/resource-handler.ts";
import type { Manifests } from "./manifests.ts";

/** Its outputs are the same. */
const properties = z.object({
  directory: z.string(),
  owner: z.string(),
  files: z.array(z.string()),
});

/**
 * `berth:index:GitCommit`: the manifests of a stack in the history of the checkout's branch. It changes when a
 * manifest does, or when git does not have one as it is. Deleting it changes nothing.
 */
export class GitCommitHandler implements ResourceHandler {
  readonly type = "berth:index:GitCommit";
  readonly refreshBeforeUpdate = false;
  readonly #projectDirectory: string;
  readonly #files: ManifestFileHandler;
  readonly #report: Report;

  /** @param files The handler of the manifests, in the same process. */
  constructor(projectDirectory: string, files: ManifestFileHandler, report: Report) {
    this.#projectDirectory = projectDirectory;
    this.#files = files;
    this.#report = report;
  }

  async diff({ oldInputs, newInputs }: DiffRequest): Promise<Changes> {
    const wanted = this.#read(newInputs);
    const changed = Object.keys(newInputs).filter(
      (name) => JSON.stringify(oldInputs[name]) !== JSON.stringify(newInputs[name]),
    );
    if (changed.length > 0) return Object.fromEntries(changed.map((name) => [name, "update"]));
    if (this.#files.hasChanged) return { files: "update" };
    const { listUncommitted } = await loadGit();
    return (await listUncommitted(wanted)).length > 0 ? { files: "update" } : {};
  }

  async create({ inputs, preview, urn }: CreateRequest): Promise<Created> {
    const wanted = this.#read(inputs);
    const { listLeft } = await loadGit();
    // There is no state yet that says what the manifests were.
    const left = await listLeft(wanted);
    if (!preview) {
      await this.#remove(wanted, left);
      await this.#commit(urn, wanted);
    } else if (left.length > 0) {
      this.#report("info", urn, `to be committed as deleted: ${left.join(", ")}`);
    }
    return { id: "commit", state: inputs };
  }

  read(resource: StoredResource): Promise<StoredResource> {
    return Promise.resolve(resource);
  }

  async update({ oldInputs, newInputs, preview, urn }: UpdateRequest): Promise<PropertyMap> {
    if (preview) return newInputs;
    const wanted = this.#read(newInputs);
    const { files, folder } = this.#read(oldInputs);
    const left = files.filter((one) => !wanted.files.includes(one));
    if (folder === wanted.folder) await this.#remove(wanted, left);
    await this.#commit(urn, wanted);
    return newInputs;
  }

  delete(): Promise<void> {
    return Promise.resolve();
  }

  /**
   * The engine deletes files that left the stack after everything else. They are deleted here, so that the commit is
   * what the stack file says.
   */
  async #remove({ directory, owner }: Manifests, left: readonly string[]): Promise<void> {
    for (const one of left) await this.#files.remove({ directory, path: one, owner });
  }

  async #commit(urn: string, wanted: Manifests): Promise<void> {
    const { commitManifests } = await loadGit();
    const done = await commitManifests(wanted);
    if (done === undefined) return;
    const what = `committed on ${done.branch} as ${done.id}: ${done.files.join(", ")}`;
    const fix = "push the branch; what follows the repository sees nothing before";
    this.#report("info", urn, describeProblem({ what, fix }));
  }

  /** Only Berth's own program makes the inputs, and a preview knows all of them. */
  #read(inputs: PropertyMap): Manifests {
    const given = properties.parse(inputs);
    return { ...given, folder: path.resolve(this.#projectDirectory, given.directory) };
  }
}

/** Most stacks have no commit, and the provider starts in each run. */
function loadGit() {
  return import("./manifests.ts");
}
