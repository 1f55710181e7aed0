/** What is there already: a `pulumi` on PATH, plugins in the user's own `PULUMI_HOME`, and what is in the cache. */
import { existsSync, mkdirSync, realpathSync, statSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, join, sep } from "node:path";
import { execa } from "execa";
import satisfies from "semver/functions/satisfies.js";
import {
  type Cache,
  downloadedCliRoot,
  isComplete,
  isInPlace,
  placeOf,
  pluginFolder,
} from "./cache.ts";
import { type Part, partNamed, partTable, partVersion } from "./parts.ts";
import { readJsonIfThere } from "./read-if-there.ts";

/** The `pulumi` to use, if there is one with its Node host. */
export async function readyCli(cache: Cache): Promise<string | undefined> {
  const ambient = await ambientCli(cache);
  if (ambient !== undefined) return ambient;
  const downloaded = join(downloadedCliRoot(cache), "bin", "pulumi");
  if (existsSync(downloaded)) return downloaded;
  const built = partTable.filter(isPulumiItself);
  return built.every((part) => isInPlace(cache, part))
    ? placeOf(cache, partNamed("pulumi"))
    : undefined;
}

/** The wanted parts that the machine does not have. */
export async function missingOf(wanted: readonly Part[], cache: Cache): Promise<Part[]> {
  const cli = await readyCli(cache);
  return wanted.filter(
    (part) => (cli === undefined || !isPulumiItself(part)) && !isInPlace(cache, part),
  );
}

/** Whether a part is `pulumi` or its Node host, which come together from one place. */
export function isPulumiItself(part: Part): boolean {
  return part.kind === "cli" || part.kind === "language";
}

/** The `pulumi` on PATH, if it is new enough and has the Node host beside it, without which every run warns. */
async function ambientCli(cache: Cache): Promise<string | undefined> {
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
  const program = join(pluginFolder(home, part), part.binary);
  return isComplete(program) ? program : undefined;
}

/** `3.260.0-alpha.1` counts as older than `3.260.0`. */
export function isAtLeast(version: string, wanted: string): boolean {
  return satisfies(version, `>=${wanted}`, { includePrerelease: true });
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
  const known = readJsonIfThere(memory) as { identity: string; version: string } | undefined;
  if (known?.identity === identity) return known.version;
  const env = { PULUMI_SKIP_UPDATE_CHECK: "true" };
  const run = await execa(program, ["version"], { env, timeout: 10_000, reject: false });
  if (run.failed) return undefined;
  const version = run.stdout.trim().replace(/^v/, "");
  mkdirSync(dirname(memory), { recursive: true });
  writeFileSync(memory, JSON.stringify({ identity, version }));
  return version;
}
