/**
 * Makes sure that `pulumi`, its Node host and the plugins that are asked for are there: takes what the
 * machine has, else downloads, else builds. When all is in place, this reads a few files and starts nothing.
 */
import { delimiter, dirname } from "node:path";
import type { Cache } from "./cache.ts";
import { openCache } from "./cache.ts";
import { withLock } from "./lock.ts";
import type { PartName } from "./parts.ts";
import { partTable } from "./parts.ts";
import { isPulumiItself, missingOf, readyCli } from "./present.ts";

/** Where the program is and what to add to the environment of everything that runs it. */
export interface Toolchain {
  readonly pulumi: string;
  readonly env: Readonly<Record<string, string>>;
}

/** What to have in place, and where to say what is being done. */
export interface EnsureOptions {
  /** Besides `pulumi` and its Node host, which are always among them. @default none */
  readonly parts?: readonly PartName[];
  readonly report: (line: string) => void;
}

/** Gets what is missing of the given parts and says how to run `pulumi` with them. */
export async function ensureToolchain({ parts = [], report }: EnsureOptions): Promise<Toolchain> {
  const cache = openCache();
  const wanted = partTable.filter((part) => isPulumiItself(part) || parts.includes(part.name));
  if ((await missingOf(wanted, cache)).length > 0) {
    // Loading what downloads and builds takes longer than the rest of this function.
    const { obtain } = await import("./obtain.ts");
    await withLock(cache.lock, report, async (say) => {
      // Another process may have finished the work while this one waited for the lock.
      await obtain(cache, wanted, say);
    });
  }
  const pulumi = await readyCli(cache);
  if (pulumi === undefined) throw new Error("pulumi was there and is gone. Run the command again.");
  return { pulumi, env: environment(cache, pulumi) };
}

/** `pulumi`, its host and the Node that runs this come first on PATH: the host starts `node` by name. */
function environment(cache: Cache, pulumi: string): Record<string, string> {
  const path = [dirname(pulumi), dirname(process.execPath), process.env["PATH"] ?? ""];
  return {
    PATH: path.filter((folder) => folder !== "").join(delimiter),
    PULUMI_HOME: cache.home,
    PULUMI_SKIP_UPDATE_CHECK: "true",
    // Pulumi would get the plugin of every package in node_modules, most of which no resource of the stack uses.
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
  };
}
