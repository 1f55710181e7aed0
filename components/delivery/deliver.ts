import type * as pulumi from "@pulumi/pulumi";
import { ClusterDelivery } from "./cluster/delivery.ts";
import { GitDelivery } from "./git/delivery.ts";
import { type DeliveryPlan, isFiles } from "./stack-delivery.ts";

/** A plan's resources. */
export interface Delivered {
  readonly resource: pulumi.Resource;
  /** Settles when the files are written. */
  readonly written: pulumi.Output<unknown>;
}

/** Makes the resources of a plan: files in the Git checkout, or objects in the cluster. */
export function deliver(
  name: string,
  plan: DeliveryPlan,
  opts: pulumi.ComponentResourceOptions,
): Delivered {
  if (isFiles(plan)) {
    const resource = new GitDelivery(name, plan, opts);
    return { resource, written: resource.written };
  }
  const resource = new ClusterDelivery(name, plan, opts);
  return { resource, written: resource.urn };
}
