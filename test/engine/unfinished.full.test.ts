import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { beforeAll, describe, expect, it } from "vitest";
import { processesOf } from "../cluster/leftovers.ts";
import { countFaults } from "../faults/count.ts";
import { openGround } from "./ground.ts";
import { useBed } from "./use-bed.ts";

/** A program that does not come to its end must not look like one that wants nothing any more. */

const bed = useBed();

beforeAll(async () => {
  bed.configure((config) => {
    Object.assign(config["berth:onepassword"] as object, { throughProvider: true });
  });
  await bed.bringUp();
});

countFaults("of the program", async () => {
  await bed.sql("create table kept as select generate_series(1, 1000) as id", "netbox");
  return openGround(bed, { database: "netbox" });
});

describe("an up whose program does not come to its end", () => {
  it("because it waits for what never comes fails, and deletes nothing", async () => {
    const preload = path.join(bed.sandbox.home, "never.mjs");
    writeFileSync(
      preload,
      `import { registerHooks } from "node:module";
       const source = "export const readStackItems = () => new Promise(() => undefined);";
       // The program alone, not Berth's provider.
       if (!process.argv[1]?.includes("provider")) registerHooks({
         load: (url, context, next) =>
           url.endsWith("/stack-items.ts")
             ? { format: "module", source, shortCircuit: true }
             : next(url, context),
       });`,
    );
    const output = await bed.failUp(undefined, { NODE_OPTIONS: `--import=${preload}` });
    expect(output).toContain("stopped before its end");
    expect(output).not.toContain("deleting");
  });

  it("because the plugin that reads the items dies fails, and deletes nothing", async () => {
    await bed.playFaults({ kind: "slow", milliseconds: 2_000 });
    const running = bed.failUp();
    let reader: string | undefined;
    while (reader === undefined) {
      await delay(20);
      reader = processesOf(bed.sandbox.home).find((pid) =>
        /^\S*pulumi-resource-onepassword/.test(commandOf(pid)),
      );
    }
    process.kill(Number(reader), "SIGKILL");
    const output = await running;
    await bed.playFaults();
    expect(output).not.toContain("deleting");
  });

  it("leaves nothing to do for the next", async () => {
    await bed.expectNoChanges();
  });
});

/** Empty for a process that has ended since it was listed. */
function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return "";
  }
}
