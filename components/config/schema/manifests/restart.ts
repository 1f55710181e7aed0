import { z } from "zod";

/** What can be restarted, each as `Deployment/wiki`. */
export function restartTargets(kinds: readonly [string, ...string[]]) {
  const [first, ...others] = kinds;
  return z.array(
    z.string().regex(new RegExp(`^(${kinds.join("|").replaceAll(".", "\\.")})/[a-z0-9.-]+$`), {
      error: `cannot be restarted; write it as ${first}/wiki (or ${others.join(", ")})`,
    }),
  );
}
