import type * as pulumi from "@pulumi/pulumi";
import { ClusterDelivery } from "./cluster/delivery.ts";
import { GitDelivery } from "./git/delivery.ts";
import { type DeliveryPlan, isFiles } from "./stack-delivery.ts";

/** Makes the resources of a plan: files in the Git checkout, or objects in the cluster. */
export function deliver(
  name: string,
  plan: DeliveryPlan,
  opts: pulumi.ComponentResourceOptions,
): GitDelivery | ClusterDelivery {
  return isFiles(plan) ? new GitDelivery(name, plan, opts) : new ClusterDelivery(name, plan, opts);
}
