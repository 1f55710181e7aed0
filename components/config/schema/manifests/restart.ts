import { z } from "zod";

/** What can be restarted, each as `Deployment/wiki`; `more` are further kinds. */
export function restartTargets(...more: readonly string[]) {
  const others = ["DaemonSet", "StatefulSet", ...more];
  const kinds = ["Deployment", ...others].join("|").replaceAll(".", "\\.");
  return z.array(
    z.string().regex(new RegExp(`^(${kinds})/[a-z0-9.-]+$`), {
      error: `cannot be restarted; write it as Deployment/wiki (or ${others.join(", ")})`,
    }),
  );
}
