import { writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { keepSafe, useBed } from "./use-bed.ts";

/** The policy pack of the repository, started by Pulumi, on the stack of the sandbox. */

const bed = useBed();
keepSafe(bed);

const preview = (...more: readonly string[]) =>
  bed.pulumi(["preview", "--policy-pack", "policy", ...more]);

describe("the policy pack", () => {
  it("passes the sample apps, and only warns of missing connection limits", async () => {
    const { exitCode, output } = await preview();
    expect(exitCode, output).toBe(0);
    expect(output).toContain(
      "[advisory]  connection-limits-set  (berth:postgres:AppDatabase: netbox)",
    );
    expect(output).not.toContain("[mandatory]");
  });

  it("refuses an entry that breaks a policy", async () => {
    const restore = bed.configure((config) => {
      const netbox = config["berth:apps"]["netbox"] as object;
      config["berth:apps"]["netbox"] = { ...netbox, reclaimPolicy: "delete" };
    });
    const { exitCode, output } = await preview();
    expect(exitCode, output).not.toBe(0);
    expect(output).toContain("[mandatory]  databases-kept  (berth:postgres:AppDatabase: netbox)");
    expect(output).toContain("database netbox is dropped when app netbox leaves the stack");
    const levels = path.join(bed.sandbox.home, "levels.json");
    writeFileSync(levels, JSON.stringify({ "databases-kept": "advisory" }));
    const allowed = await preview("--policy-pack-config", levels);
    expect(allowed.exitCode, allowed.output).toBe(0);
    restore();
  });
});
