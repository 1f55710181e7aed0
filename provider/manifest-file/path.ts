import { lstat, realpath, stat } from "node:fs/promises";
import { join, resolve, sep } from "node:path";

/** Where a manifest is written: the root of the checkout, the path inside it, and both joined. */
export interface Target {
  readonly root: string;
  readonly path: string;
  readonly file: string;
}

/** Joins a manifest's directory and path; a relative directory starts at the project folder. */
export function toTarget(projectDirectory: string, directory: string, path: string): Target {
  const root = resolve(projectDirectory, directory);
  return { root, path, file: join(root, path) };
}

/**
 * The file in the checkout that a link to it leads to, so that two ways to one file are the same file. undefined = there
 * is no checkout.
 */
export async function toReal({ root, path }: Target): Promise<string | undefined> {
  const real = await ifExists(realpath(root));
  return real && join(real, path);
}

/** Why a path is not valid for a manifest, from its text alone; undefined = it is valid. */
export function findPathProblem(path: string): string | undefined {
  if (path === "") return "must not be empty";
  if (path.startsWith("/") || /^[A-Za-z]:/.test(path)) return "must be relative, not absolute";
  if (/[\\\p{Cc}]/u.test(path)) return "must use / and no control characters";
  const segments = path.split("/");
  if (segments.includes("..")) return "must not contain .. (it would leave the directory)";
  if (segments.some((segment) => segment === "" || segment === ".")) {
    return "must not contain empty or . segments";
  }
  if (segments.some((segment) => segment.toLowerCase() === ".git")) {
    return "must not be inside .git";
  }
  return undefined;
}

/** What is at a target. `refused` = a write there could change something else. */
export type LiveTarget =
  | { readonly kind: "no-checkout" }
  | { readonly kind: "missing" }
  | { readonly kind: "file" }
  | { readonly kind: "refused"; readonly property: "directory" | "path"; readonly reason: string };

/**
 * Inspects the checkout, every directory in the path and the file itself, so that no symbolic link leads a
 * write or a delete out of the checkout.
 */
export async function inspectTarget(target: Target): Promise<LiveTarget> {
  const root = await ifExists(stat(target.root));
  if (root === undefined) return { kind: "no-checkout" };
  if (!root.isDirectory()) {
    return { kind: "refused", property: "directory", reason: `${target.root} is not a directory` };
  }
  const realRoot = await realpath(target.root);
  const segments = target.path.split("/");
  for (let depth = 1; depth <= segments.length; depth += 1) {
    const part = segments.slice(0, depth).join("/");
    const live = await inspectPart(join(target.root, part), part, realRoot);
    if (live.kind !== "directory") {
      return live.kind === "file" && depth < segments.length
        ? refuse(`${part} is a file, not a directory`)
        : live;
    }
  }
  return refuse(`${target.path} is a directory`);
}

async function inspectPart(
  full: string,
  part: string,
  realRoot: string,
): Promise<LiveTarget | { readonly kind: "directory" }> {
  const entry = await ifExists(lstat(full));
  if (entry === undefined) return { kind: "missing" };
  if (!entry.isSymbolicLink()) {
    if (entry.isDirectory()) return { kind: "directory" };
    return entry.isFile() ? { kind: "file" } : refuse(`${part} is not a regular file`);
  }
  const real = await ifExists(realpath(full));
  if (real === undefined) return refuse(`${part} is a symbolic link to nothing`);
  if (real !== realRoot && !real.startsWith(realRoot + sep)) {
    return refuse(`${part} is a symbolic link that leads out of the directory`);
  }
  return (await stat(real)).isDirectory()
    ? { kind: "directory" }
    : refuse(`${part} is a symbolic link; Berth writes regular files only`);
}

function refuse(reason: string): LiveTarget {
  return { kind: "refused", property: "path", reason };
}

/** The result of a file access; undefined = there is no such file or directory. */
export async function ifExists<T>(access: Promise<T>): Promise<T | undefined> {
  try {
    return await access;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw error;
  }
}
