/** Gets `pulumi`, its Node host and plugins: uses what the machine has, else downloads, else builds. */
import { delimiter, dirname } from "node:path";
import { isPulumiItself, missingOf, readyCli } from "./ambient.ts";
import { type Cache, openCache } from "./cache.ts";
import { withLock } from "./lock.ts";
import { type PartName, partTable } from "./parts.ts";

/** The `pulumi` program, and the environment for everything that runs it. */
export interface Toolchain {
  readonly pulumi: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Gets `pulumi`, its Node host and these parts, and returns how to run `pulumi`. */
export async function ensureToolchain(
  report: (line: string) => void,
  parts: readonly PartName[] = [],
): Promise<Toolchain> {
  const cache = openCache();
  const wanted = partTable.filter((part) => isPulumiItself(part) || parts.includes(part.name));
  if ((await missingOf(wanted, cache)).length > 0) {
    // Loading the code for downloads and builds takes longer than the rest of this function.
    const { obtain } = await import("./obtain.ts");
    await withLock(cache.lock, report, async (say) => {
      // Another process may have done the work while this one waited for the lock.
      await obtain(cache, wanted, say);
    });
  }
  const pulumi = await readyCli(cache);
  if (pulumi === undefined) throw new Error("pulumi was there and is gone. Run the command again.");
  return { pulumi, env: environment(cache, pulumi) };
}

/** PATH begins with `pulumi`, its host and this Node, because the host starts `node` by name. */
function environment(cache: Cache, pulumi: string): Record<string, string> {
  const path = [dirname(pulumi), dirname(process.execPath), process.env["PATH"] ?? ""];
  return {
    PATH: path.filter((folder) => folder !== "").join(delimiter),
    PULUMI_HOME: cache.home,
    PULUMI_SKIP_UPDATE_CHECK: "true",
    // Otherwise Pulumi downloads the plugin of every package in node_modules, and the stack uses few of them.
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
  };
}
