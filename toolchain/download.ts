/** Pulumi's own downloads. They are tried first, and fail fast where the network is closed. */
import { rmSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { execa } from "execa";
import { type Cache, downloadedCliRoot, pluginFolder } from "./cache.ts";
import { type Part, partNamed, partVersion } from "./parts.ts";

/** Milliseconds until a site must answer. */
const answerWithin = 5_000;
/** Milliseconds for one download, before Berth builds instead. */
const finishWithin = 5 * 60_000;

/** Why nothing was downloaded. The user sees the text. */
export class DownloadRefused extends Error {}

/**
 * Downloads the CLI and its language hosts with Pulumi's installer. Why not with the npm package `pulumi`:
 * docs/decisions/0017-no-npm-launcher-for-pulumi.md.
 */
export async function downloadCli(cache: Cache): Promise<void> {
  const cli = partNamed("pulumi");
  await requireAnswer(cli.site);
  // Loading the SDK takes a second, which only a download should cost.
  const { PulumiCommand } = await import("@pulumi/pulumi/automation/index.js");
  // Without a version the SDK installs its own, which is the version in the table; a test compares them.
  const install = PulumiCommand.install({ root: downloadedCliRoot(cache) });
  await refusedOnFailure(within(finishWithin, install), "the pulumi program");
}

/** Downloads a plugin with `pulumi` into the cache's `PULUMI_HOME`. */
export async function downloadPlugin(cache: Cache, part: Part, pulumi: string): Promise<void> {
  await requireAnswer(part.site);
  // A plugin built from other sources has the same name, and Pulumi would keep it.
  rmSync(pluginFolder(cache.home, part), { recursive: true, force: true });
  const server = part.server === undefined ? [] : ["--server", part.server];
  const args = ["plugin", "install", "resource", part.name, partVersion(part), ...server];
  const install = execa(pulumi, args, {
    env: { PULUMI_HOME: cache.home, PULUMI_SKIP_UPDATE_CHECK: "true" },
    timeout: finishWithin,
    stdin: "ignore",
  });
  await refusedOnFailure(install, part.binary);
}

/** Throws `DownloadRefused` when the site of an address does not answer. */
export async function requireAnswer(site: string | undefined): Promise<void> {
  if (site === undefined) throw new DownloadRefused("it is downloaded from nowhere");
  const { hostname } = new URL(site);
  try {
    const signal = AbortSignal.timeout(answerWithin);
    const { ok, status } = await fetch(site, { method: "HEAD", signal });
    if (!ok) throw new Error(`it answered ${String(status)}`);
  } catch (error) {
    throw new DownloadRefused(`${hostname} cannot be reached (${rootCause(error)})`);
  }
}

async function refusedOnFailure(work: Promise<unknown>, what: string): Promise<void> {
  try {
    await work;
  } catch (error) {
    throw new DownloadRefused(`downloading ${what} failed (${rootCause(error)})`);
  }
}

function within(milliseconds: number, work: Promise<unknown>): Promise<unknown> {
  const late = delay(milliseconds, undefined, { ref: false }).then(() => {
    throw new Error(`no end after ${String(milliseconds / 60_000)} min`);
  });
  return Promise.race([work, late]);
}

/** The first line of the innermost cause: `fetch failed` alone does not help. */
function rootCause(error: unknown): string {
  let cause = error;
  while (cause instanceof Error && cause.cause !== undefined) cause = cause.cause;
  const text = cause instanceof Error ? cause.message : String(cause);
  return text.split("\n", 1)[0] ?? text;
}
