import type { OnePasswordAccess } from "../config/environment.ts";
import { readsThroughProvider } from "../config/plugins.ts";
import type { StackSpec } from "../config/spec.ts";
import type { ReadItem } from "./item.ts";

/**
 * Reading while Pulumi runs. From Connect with its own client: through 1Password's provider each item
 * takes several times the processor time, and every try that fails is printed as an error, even when the
 * next one succeeds. A service account and the desktop app have no such client, but the provider.
 */
export async function readInEngine(
  access: OnePasswordAccess,
  spec: Pick<StackSpec, "throughProvider">,
): Promise<ReadItem> {
  // Each brings a library that takes its time to load.
  if (access.kind === "connect" && !readsThroughProvider(access, spec)) {
    const { readThroughClient } = await import("./through-client.ts");
    return readThroughClient(access);
  }
  const { readThroughProvider } = await import("./through-provider.ts");
  return readThroughProvider(access);
}
