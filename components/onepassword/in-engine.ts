import type { OnePasswordAccess } from "../config/environment.ts";
import { readsThroughProvider } from "../config/plugins.ts";
import type { StackSpec } from "../config/spec.ts";
import type { ReadItem } from "./item.ts";

/**
 * Reads items while Pulumi runs. Connect is read with its own client: 1Password's Pulumi provider takes
 * several times the CPU time for each item, and prints an error for each failed try, even when the next
 * one succeeds. A service account and the desktop app are read through the provider.
 */
export async function readInEngine(
  readAccess: () => OnePasswordAccess,
  spec: Pick<StackSpec, "throughProvider" | "vaultFor">,
): Promise<ReadItem> {
  // Berth's provider alone reads an item of such a stack, if there is one.
  if (spec.vaultFor !== undefined) return () => Promise.reject(new Error("the stack has no items"));
  const access = readAccess();
  // Imported here, because each loads a large library.
  if (access.kind === "connect" && !readsThroughProvider(access, spec)) {
    const { readThroughClient } = await import("./through-client.ts");
    return readThroughClient(access);
  }
  const { readThroughProvider } = await import("./through-provider.ts");
  return readThroughProvider();
}
