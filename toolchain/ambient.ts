/** What the machine already has: a `pulumi` on PATH, plugins in the user's own `PULUMI_HOME`. */
import { execFile } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, join, sep } from "node:path";
import { promisify } from "node:util";
import { type Cache, pluginFolder } from "./cache.ts";
import { type Part, partNamed, partVersion } from "./parts.ts";

/**
 * The `pulumi` on PATH if it is usable: at least the version that Berth is tested with, and with the Node host
 * beside it, without which every run warns. An older one is ignored.
 */
export async function ambientCli(cache: Cache): Promise<string | undefined> {
  const found = onPath("pulumi", cache.root);
  if (found === undefined) return undefined;
  const pulumi = realpathSync(found);
  if (!existsSync(join(dirname(pulumi), partNamed("language-nodejs").binary))) return undefined;
  const version = await versionOf(pulumi, join(cache.root, "ambient.json"));
  const wanted = partVersion(partNamed("pulumi"));
  return version !== undefined && isAtLeast(version, wanted) ? pulumi : undefined;
}

/** A complete plugin that an earlier `pulumi` run downloaded for the user. */
export function ambientPlugin(cache: Cache, part: Part): string | undefined {
  const home = process.env["PULUMI_HOME"] || join(homedir(), ".pulumi");
  if (home === cache.home) return undefined;
  const folder = pluginFolder(home, part);
  const program = join(folder, part.binary);
  return existsSync(program) && !existsSync(`${folder}.partial`) ? program : undefined;
}

/** Compares release numbers; `3.260.0-alpha.1` counts as older than `3.260.0`. */
export function isAtLeast(version: string, wanted: string): boolean {
  const [have, need] = [numbers(version), numbers(wanted)];
  const differs = need.findIndex((number, at) => (have[at] ?? 0) !== number);
  if (differs === -1) return !version.includes("-") || wanted.includes("-");
  return (have[differs] ?? 0) > (need[differs] ?? 0);
}

function numbers(version: string): number[] {
  const [release = ""] = version.replace(/^v/, "").split(/[-+]/);
  return release.split(".").map(Number);
}

/** The first such program on PATH that is not Berth's own. In nested runs Berth's folders come first. */
function onPath(name: string, notBelow: string): string | undefined {
  for (const folder of (process.env["PATH"] ?? "").split(delimiter)) {
    if (folder === "" || `${folder}${sep}`.startsWith(`${notBelow}${sep}`)) continue;
    const file = join(folder, name);
    if (statSync(file, { throwIfNoEntry: false })?.isFile() === true) return file;
  }
  return undefined;
}

/** A program's version. It is asked for once, and again when the file changes. */
async function versionOf(program: string, memory: string): Promise<string | undefined> {
  const { size, mtimeMs } = statSync(program);
  const identity = [program, size, mtimeMs].join(" ");
  const known = readMemory(memory);
  if (known?.identity === identity) return known.version;
  try {
    const env = { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "true" };
    const { stdout } = await promisify(execFile)(program, ["version"], { env, timeout: 10_000 });
    const version = stdout.trim().replace(/^v/, "");
    mkdirSync(dirname(memory), { recursive: true });
    writeFileSync(memory, JSON.stringify({ identity, version }));
    return version;
  } catch {
    return undefined;
  }
}

function readMemory(file: string): { identity: string; version: string } | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as { identity: string; version: string };
  } catch {
    return undefined;
  }
}
