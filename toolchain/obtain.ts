/** Gets missing parts: copies, downloads or builds them, and reports progress. */
import { ambientPlugin, isPulumiItself, missingOf, readyCli } from "./ambient.ts";
import { type Cache, putInPlace } from "./cache.ts";
import { DownloadRefused, downloadCli, downloadPlugin } from "./download.ts";
import { buildPart, requireGo } from "./go-build.ts";
import type { Part } from "./parts.ts";

type Report = (line: string) => void;

const heartbeat = 20_000;

/** Gets all wanted parts, or fails with what to do. The caller must hold the lock. */
export async function obtain(cache: Cache, wanted: readonly Part[], report: Report): Promise<void> {
  for (const part of await missingOf(wanted, cache)) {
    const program = part.kind === "plugin" ? ambientPlugin(cache, part) : undefined;
    if (program !== undefined) putInPlace(cache, part, program);
  }
  const toDownload = await missingOf(wanted, cache);
  if (toDownload.length === 0) return;
  const names = toDownload.map((part) => part.binary).join(", ");
  report(`not here yet: ${names} (kept in ${cache.root} for all later runs)`);
  const downloads = toDownload.filter((part) => part.site !== undefined);
  const refusal = await downloadAll(cache, downloads, report);
  const toBuild = await missingOf(wanted, cache);
  if (toBuild.length === 0) return;
  const reason = refusal ?? reasonToBuild(toBuild);
  await requireGo(reason);
  report(`${reason}: building from Go modules`);
  await buildAll(cache, toBuild, report);
}

function reasonToBuild(parts: readonly Part[]): string {
  return parts.every((part) => part.site === undefined)
    ? "these are not downloaded from anywhere"
    : "the downloads brought less than was asked for";
}

/** Stops at the first refusal and returns the reason: other sites will most likely refuse too. */
async function downloadAll(
  cache: Cache,
  parts: readonly Part[],
  report: Report,
): Promise<string | undefined> {
  try {
    if (parts.some(isPulumiItself)) {
      report("downloading pulumi");
      await downloadCli(cache);
    }
    const pulumi = await readyCli(cache);
    for (const part of parts.filter((candidate) => candidate.kind === "plugin")) {
      if (pulumi === undefined) return "there is no pulumi to download plugins with";
      report(`downloading ${part.binary}`);
      await downloadPlugin(cache, part, pulumi);
    }
    return undefined;
  } catch (error) {
    if (error instanceof DownloadRefused) return error.message;
    throw error;
  }
}

async function buildAll(cache: Cache, parts: readonly Part[], report: Report): Promise<void> {
  for (const [at, part] of parts.entries()) {
    const [nth, total] = [String(at + 1), String(parts.length)];
    report(`building ${nth} of ${total}: ${part.binary} (about ${part.about})`);
    const start = Date.now();
    const beat = () => {
      report(`  still building ${part.binary}, ${elapsed(start)}`);
    };
    const beating = setInterval(beat, heartbeat);
    try {
      putInPlace(cache, part, await buildPart(cache, part));
    } finally {
      clearInterval(beating);
    }
    report(`built ${part.binary} in ${elapsed(start)}`);
  }
}

function elapsed(start: number): string {
  const seconds = Math.round((Date.now() - start) / 1000);
  const [minutes, rest] = [Math.floor(seconds / 60), seconds % 60];
  return minutes === 0 ? `${String(rest)} s` : `${String(minutes)} min ${String(rest)} s`;
}
