/** Builds a part from its Go module. What has been compiled once stays in Go's own cache. */
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { execa } from "execa";
import type { Cache } from "./cache.ts";
import { partKey } from "./cache.ts";
import type { Part } from "./parts.ts";
import { moduleFolder, partVersion } from "./parts.ts";

/** What is committed in go.mod and go.sum is what is built: no lookup of newer versions, no edits. */
const buildFlags = ["-mod=readonly", "-trimpath", "-buildvcs=false"];

/**
 * The finished program of a part, built unless an earlier build with the same key is still there.
 * A build that is cut short leaves a `.partial` folder, which the next one replaces.
 */
export async function buildPart(cache: Cache, part: Part): Promise<string> {
  const folder = join(cache.built, `${part.name}-${partKey(part)}`);
  const program = join(folder, part.binary);
  if (existsSync(program)) return program;
  const partial = `${folder}.partial`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial, { recursive: true });
  const flags = [...buildFlags, `-ldflags=${linkerFlags(part)}`];
  const overlay = await embeddedFiles(part, partial, flags);
  const target = join(partial, part.binary);
  await go(part, ["build", ...flags, `-overlay=${overlay}`, "-o", target, part.package]);
  rmSync(folder, { recursive: true, force: true });
  renameSync(partial, folder);
  return program;
}

/**
 * Fails with what to install when there is no Go. A Go that is too old says so itself, and fetches
 * the right one where that is allowed.
 */
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

/** Without debug tables (-s -w) a program is a third smaller and links faster. */
function linkerFlags(part: Part): string {
  if (part.versionVariable === undefined) return "-s -w";
  const { symbol, prefix } = part.versionVariable;
  return `-s -w -X ${symbol}=${prefix}${partVersion(part)}`;
}

/**
 * Go embeds only files of its own module. An overlay makes it see ones that lie elsewhere, so the
 * module's folder in the tree stays as it is.
 */
async function embeddedFiles(part: Part, scratch: string, flags: string[]): Promise<string> {
  const replace: Record<string, string> = {};
  for (const embedded of part.embeds) {
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
 * Has Go fetch a module as go.mod and go.sum in `folder` pin it, and says where its files lie.
 *
 * @param module - its path, with `@version` where Go should look up none
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
    // A workspace or vendor mode of the user's would change what is built.
    env: { GOWORK: "off", GO111MODULE: "on" },
    reject: false,
  });
  if (result.exitCode === 0) return result.stdout;
  // Module downloads fill the start of the output; the cause is at its end.
  const end = (result.stderr || result.stdout).split("\n").slice(-15).join("\n");
  throw new Error(
    `Building ${what} failed (in toolchain/go/${basename(folder)}: go ${args.join(" ")}):\n${end}\n` +
      "Modules that cannot be fetched need a Go module proxy (GOPROXY). What is compiled is kept: run the command again.",
  );
}
