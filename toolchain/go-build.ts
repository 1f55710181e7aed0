/** Builds a part from its Go module. Go keeps compiled packages in its own cache. */
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { execa } from "execa";
import { type Cache, partKey } from "./cache.ts";
import { moduleFolder, type Part, partVersion } from "./parts.ts";

/**
 * The user's workspace or vendor mode would change the result. A module that needs a newer Go gets it from the module
 * proxy, also where the user has forbidden that: a build in Berth's folder changes nothing outside of Go's caches.
 */
export const goEnvironment = { GOWORK: "off", GO111MODULE: "on", GOTOOLCHAIN: "auto" } as const;

const withoutDebugTables = "-s -w";

/**
 * Go builds what go.mod and go.sum pin. It looks up no newer versions and edits neither file. Without debug tables it
 * compiles in about seven eighths of the time, and a program is a third smaller. All builds have the same flags, because
 * Go compiles a package again for other ones.
 */
export const buildFlags = [
  "-mod=readonly",
  "-trimpath",
  "-buildvcs=false",
  "-gcflags=all=-dwarf=false",
  `-ldflags=${withoutDebugTables}`,
];

/** An earlier build with the same key is used again. One that was cut off leaves a `.partial` folder. */
export async function buildPart(cache: Cache, part: Part): Promise<string> {
  const folder = join(cache.built, `${part.name}-${partKey(part)}`);
  const program = join(folder, part.binary);
  if (existsSync(program)) return program;
  const partial = `${folder}.partial`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial, { recursive: true });
  const flags = [...buildFlags, ...versionFlag(part)];
  const overlay = await embeddedFiles(part, partial, flags);
  const target = join(partial, part.binary);
  await go(part, ["build", ...flags, `-overlay=${overlay}`, "-o", target, part.package]);
  rmSync(folder, { recursive: true, force: true });
  renameSync(partial, folder);
  return program;
}

/** Fails with what to install if there is no Go. A Go that is too old downloads the right one. */
export async function requireGo(reason: string): Promise<void> {
  const { exitCode } = await execa("go", ["version"], { reject: false });
  if (exitCode === 0) return;
  throw new Error(
    `Cannot get the toolchain: ${reason}, and Go, which could build it, is not installed.\n` +
      "Do one of these and run the command again:\n" +
      "  - allow downloads from get.pulumi.com and api.github.com\n" +
      "  - install Pulumi with your package manager, so that `pulumi` is on PATH\n" +
      "  - install Go 1.26 or newer from https://go.dev/dl/",
  );
}

/** Go takes the last `-ldflags`. */
function versionFlag(part: Part): string[] {
  if (part.versionVariable === undefined) return [];
  const { symbol, prefix } = part.versionVariable;
  return [`-ldflags=${withoutDebugTables} -X ${symbol}=${prefix}${partVersion(part)}`];
}

/** Go embeds only files of its own module. An overlay adds others without a change in the tree. */
async function embeddedFiles(part: Part, scratch: string, flags: string[]): Promise<string> {
  const replace: Record<string, string> = {};
  for (const embedded of part.embeds ?? []) {
    const seenAs = join(moduleFolder(part), embedded.file);
    if ("printedBy" in embedded) {
      const printer = join(scratch, "print");
      await go(part, ["build", ...flags, "-o", printer, embedded.printedBy]);
      const { stdout } = await execa(printer, { cwd: scratch });
      replace[seenAs] = join(scratch, embedded.file);
      writeFileSync(join(scratch, embedded.file), stdout);
      rmSync(printer);
    } else {
      const folder = await downloadModule(moduleFolder(part), embedded.module);
      replace[seenAs] = join(folder, embedded.path);
    }
  }
  const overlay = join(scratch, "overlay.json");
  writeFileSync(overlay, JSON.stringify({ Replace: replace }));
  return overlay;
}

/**
 * Downloads a module as go.mod and go.sum in `folder` pin it, and returns the folder of its files.
 *
 * @param module Its path. With `@version` if Go must look up none.
 */
export async function downloadModule(folder: string, module: string): Promise<string> {
  const printed = await runGo(folder, ["mod", "download", "-json", module], module);
  return (JSON.parse(printed) as { Dir: string }).Dir;
}

function go(part: Part, args: string[]): Promise<string> {
  return runGo(moduleFolder(part), args, part.binary);
}

async function runGo(folder: string, args: string[], what: string): Promise<string> {
  const result = await execa("go", args, {
    cwd: folder,
    env: goEnvironment,
    reject: false,
  });
  if (result.exitCode === 0) return result.stdout;
  // The output begins with module downloads. The cause is at the end.
  const end = (result.stderr || result.stdout).split("\n").slice(-15).join("\n");
  throw new Error(
    `Building ${what} failed (in toolchain/go/${basename(folder)}: go ${args.join(" ")}):\n${end}\n` +
      "Modules that cannot be fetched need a Go module proxy (GOPROXY). What is compiled is kept: run the command again.",
  );
}
