/**
 * Where finished parts are, and how Berth knows that a part is still the right one. The cache is outside the
 * tree: every clone on the machine uses it, and it can be deleted at any time.
 */
import { createHash } from "node:crypto";
import {
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { moduleFolder, type Part, partNamed, partVersion } from "./parts.ts";
import { readIfThere } from "./read-if-there.ts";

export interface Cache {
  readonly root: string;
  /** The built `pulumi` with its language host beside it, because Pulumi warns otherwise. */
  readonly bin: string;
  /** `PULUMI_HOME`: plugins, and Pulumi's own files. */
  readonly home: string;
  /** The programs of a test cluster. */
  readonly cluster: string;
  /** Build results, one folder for each key, hard-linked to where Pulumi looks for them. */
  readonly built: string;
  /** The CLI as Pulumi's own installer unpacks it, one folder for each version. */
  readonly downloaded: string;
  readonly lock: string;
}

/** `$BERTH_CACHE`, or the folder that the operating system keeps for caches. */
export function openCache(
  env: NodeJS.ProcessEnv = process.env,
  platform = process.platform,
): Cache {
  const home = env["HOME"] ?? homedir();
  const shared = platform === "darwin" ? join(home, "Library", "Caches") : join(home, ".cache");
  const root = env["BERTH_CACHE"] || join(env["XDG_CACHE_HOME"] || shared, "berth");
  return {
    root,
    bin: join(root, "bin"),
    home: join(root, "home"),
    cluster: join(root, "cluster"),
    built: join(root, "built"),
    downloaded: join(root, "downloaded"),
    lock: join(root, "lock.db"),
  };
}

/** The part's program, in the place where Pulumi or the test cluster starts it. */
export function placeOf(cache: Cache, part: Part): string {
  if (part.kind === "plugin") return join(pluginFolder(cache.home, part), part.binary);
  return join(part.kind === "cluster" ? cache.cluster : cache.bin, part.binary);
}

/** Pulumi's folder for a plugin below a `PULUMI_HOME`; the version must be that of the npm package. */
export function pluginFolder(home: string, part: Part): string {
  return join(home, "plugins", `resource-${part.name}-v${partVersion(part)}`);
}

/** Where Pulumi's installer puts the CLI and its language hosts. */
export function downloadedCliRoot(cache: Cache): string {
  return join(cache.downloaded, `pulumi-${partVersion(partNamed("pulumi"))}`);
}

/** A short digest of everything that decides the result of a build: a change builds that part alone again. */
export function partKey(part: Part, folder = moduleFolder(part)): string {
  const digest = createHash("sha256");
  const { binary, package: built, versionVariable, embeds = [] } = part;
  const recipe = [binary, built, versionVariable, embeds, partVersion(part)];
  digest.update(JSON.stringify([...recipe, process.platform, process.arch]));
  for (const file of readdirSync(folder, { recursive: true, encoding: "utf8" }).sort()) {
    if (!/\.(go|mod|sum)$/.test(file)) continue;
    const content = createHash("sha256").update(readFileSync(join(folder, file)));
    digest.update(`\n${file} ${content.digest("hex")}`);
  }
  return digest.digest("hex").slice(0, 16);
}

/** Whether a program is there, and not from a download that was cut off. */
export function isComplete(program: string): boolean {
  return existsSync(program) && !existsSync(`${dirname(program)}.partial`);
}

/** Whether it is usable: built from the present sources, or installed by Pulumi, which writes no key. */
export function isInPlace(cache: Cache, part: Part): boolean {
  const place = placeOf(cache, part);
  if (!isComplete(place)) return false;
  const key = readIfThere(`${place}.key`);
  return key === undefined ? part.kind === "plugin" : key === partKey(part);
}

/** Puts a program where Pulumi looks for it, in one step: an incomplete file never has that name. */
export function putInPlace(cache: Cache, part: Part, program: string): void {
  const place = placeOf(cache, part);
  mkdirSync(dirname(place), { recursive: true });
  rmSync(`${dirname(place)}.partial`, { force: true, recursive: true });
  const temporary = `${place}.new-${String(process.pid)}`;
  rmSync(temporary, { force: true });
  linkOrCopy(program, temporary);
  // A program without its key counts as missing, so a crash between the two steps is repaired.
  writeFileSync(`${place}.key`, "");
  renameSync(temporary, place);
  writeFileSync(`${place}.key`, partKey(part));
}

/** A hard link takes no space. Another file system, as with a mounted cache, needs a copy. */
function linkOrCopy(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch {
    copyFileSync(from, to);
  }
}
