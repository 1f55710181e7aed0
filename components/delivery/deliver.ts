import type * as pulumi from "@pulumi/pulumi";
import { ClusterDelivery } from "./cluster/delivery.ts";
import { GitDelivery } from "./git/delivery.ts";
import { type DeliveryPlan, isFiles } from "./stack-delivery.ts";

/**
 * Makes the resources of a plan: files in the Git checkout, or objects in the cluster.
 *
 * @returns Settles when the files are written.
 */
export function deliver(
  name: string,
  plan: DeliveryPlan,
  opts: pulumi.ComponentResourceOptions,
): pulumi.Output<unknown> {
  if (isFiles(plan)) return new GitDelivery(name, plan, opts).written;
  return new ClusterDelivery(name, plan, opts).urn;
}
