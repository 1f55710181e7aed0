import type { ClusterSpec } from "../../components/config/spec/delivery.ts";
import type { StackIdentity } from "../../components/config/spec/postgres.ts";
import { type ClusterFacts, decideCluster } from "../../components/delivery/cluster/findings.ts";
import { planStackDelivery } from "../../components/delivery/stack-delivery.ts";
import { makeSpec } from "../fakes/stack.ts";
import { makeStack, NETBOX, toItemId } from "./stack.ts";

/** A cluster with every default. */
export const CLUSTER = makeSpec({}, {}, "prod", { cluster: { context: "home" } })
  .cluster as ClusterSpec;

/** What is decided about a cluster that NetBox is applied to; nothing is in the way but what `facts` say. */
export function decideForNetbox(
  facts: Partial<ClusterFacts> = {},
  changes: Partial<ClusterSpec> = {},
  stack?: StackIdentity,
) {
  const cluster = { ...CLUSTER, identifier: "uid-of-home", ...changes };
  const made = makeStack([{ ...NETBOX, delivery: "cluster" }]);
  const spec = { ...made, postgres: { ...made.postgres, stack }, gitops: undefined, cluster };
  return decideCluster(spec, cluster, planStackDelivery(spec, toItemId).applied, {
    identifier: "uid-of-home",
    missingKinds: [],
    objects: new Map(),
    namespaces: new Set(["db-postgres", "argocd"]),
    ...facts,
  });
}
