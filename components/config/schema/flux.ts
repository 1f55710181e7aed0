import { z } from "zod";
import { NamePattern } from "./argocd.ts";
import { DnsLabel } from "./primitives.ts";

/** As the Kustomization's definition wants it. */
const Interval = z.string().regex(/^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$/, {
  error: "is not a duration; write it as 10m or 1h",
});

/** `berth:gitops.flux`. */
export const Flux = z
  .strictObject({
    namespace: DnsLabel.describe("Namespace of the Kustomizations. Default: flux-system."),
    source: DnsLabel.describe(
      "GitRepository of the GitOps repository, in that namespace. Default: flux-system.",
    ),
    interval: Interval.describe("How often Flux compares the cluster with Git. Default: 10m."),
    names: NamePattern.describe(
      "Names of Kustomizations, from ${stack} and ${name}. Default: ${name}.",
    ),
  })
  .partial();
