import { readFileSync } from "node:fs";
import path from "node:path";
import { parse } from "yaml";
import type { Problem } from "../../errors.ts";
import type { ManifestPlan } from "./manifest-plan.ts";

/** A `kustomization.yaml` that somebody else wrote in a folder of the tree. */
export interface FoundKustomization {
  /** Path inside the directory, with `/`. */
  readonly file: string;
  /** Paths under `resources`, relative to its folder; undefined = it is not readable as a kustomization. */
  readonly resources: readonly string[] | undefined;
}

/** The names that kustomize knows. Of several in a folder it refuses all. */
const names = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/** Reads the kustomizations in the folders that files are written to, and above them in `argocd/apps`. */
export function inspectKustomizations(
  directory: string,
  files: readonly ManifestPlan[],
): readonly FoundKustomization[] {
  const folders = new Set(files.flatMap((file) => listReaders(file.path)));
  return [...folders].flatMap((folder) =>
    names.flatMap((name) => {
      const file = path.posix.join(folder, name);
      const text = readIfThere(path.join(directory, file));
      return text === undefined ? [] : [{ file, resources: readResources(text) }];
    }),
  );
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

function readResources(text: string): readonly string[] | undefined {
  try {
    const { resources = [] } = (parse(text, { logLevel: "silent" }) ?? {}) as {
      resources?: readonly unknown[] | null;
    };
    return (resources ?? []).filter((one) => typeof one === "string");
  } catch {
    return undefined;
  }
}

/** The folders whose kustomization decides whether a file is read, nearest first. */
function listReaders(file: string): readonly string[] {
  const folder = path.posix.dirname(file);
  const above = path.posix.dirname(folder);
  // An Application reads one folder of `k8s`. Whatever reads `argocd/apps` may begin above.
  return /^(argocd|flux)\/apps\//.test(file) ? [folder, above] : [folder];
}

/** One warning for each kustomization that leaves out files, with what to add to it. Pure. */
export function findUnlistedFiles(
  files: readonly ManifestPlan[],
  kustomizations: readonly FoundKustomization[],
): readonly Problem[] {
  return kustomizations.flatMap(({ file, resources = [] }) => {
    const folder = path.posix.dirname(file);
    const listed = resources.map((one) => path.posix.join(folder, one).replace(/\/$/, ""));
    const isNearest = (at: string): boolean =>
      listReaders(at).find((one) =>
        kustomizations.some((other) => path.posix.dirname(other.file) === one),
      ) === folder;
    const isListed = (at: string): boolean =>
      listed.some((one) => at === one || at.startsWith(`${one}/`));
    const missing = files.map((one) => one.path).filter((at) => isNearest(at) && !isListed(at));
    if (missing.length === 0) return [];
    const entries = missing.map((at) => path.posix.relative(folder, at));
    return [
      {
        what: `${file} does not list ${entries.join(", ")}: with it only the files in its \`resources\` are read`,
        fix: `add to ${file} under resources: ${entries.map((one) => `\`- ${one}\``).join(", ")}`,
      },
    ];
  });
}
