import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach } from "vitest";

/** A project folder of its own for each test, with a checkout `gitops` in it unless it is removed. */
export interface Scratch {
  readonly project: () => string;
  readonly write: (path: string, text: string) => Promise<void>;
  /** undefined = there is no such file. */
  readonly read: (path: string) => Promise<string | undefined>;
}

/** Registers the folder's making and removal with the test file that calls it. */
export function useScratch(): Scratch {
  let project = "";
  beforeEach(async () => {
    project = await mkdtemp(join(tmpdir(), "berth-manifest-"));
    await mkdir(join(project, "gitops"));
  });
  afterEach(async () => {
    await rm(project, { recursive: true, force: true });
  });
  return {
    project: () => project,
    write: async (path, text) => {
      const file = join(project, "gitops", path);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, text);
    },
    read: (path) => readFile(join(project, "gitops", path), "utf8").catch(() => undefined),
  };
}

/** Inputs of a ManifestFile that nothing is wrong with. */
export const INPUTS = {
  directory: "gitops",
  path: "k8s/infra/netbox/a.yaml",
  content: "kind: A\n",
  owner: "stack prod, app netbox",
  adopt: false,
} as const;

/** First line of the files that {@link INPUTS} makes. */
export const HEADER =
  "# Managed by Berth (stack prod, app netbox). Changes made here are undone by the next pulumi up.\n";

/** URN of a ManifestFile. */
export function toUrn(name: string): string {
  return `urn:pulumi:prod::berth::berth:index:ManifestFile::${name}`;
}
