import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { isOffline } from "../config/environment.ts";
import type { ClusterSpec } from "../config/spec/delivery.ts";
import type { StackSpec } from "../config/spec.ts";
import { describeProblem } from "../errors.ts";
import { KubeError } from "../kubernetes/error.ts";
import { type ClusterDecision, decideCluster, notInspectedCluster } from "./cluster/findings.ts";
import { inspectCluster } from "./cluster/inspect.ts";
import type { ClusterPlan } from "./cluster/objects.ts";
import { leaveOutNamespaces, type StackDelivery } from "./stack-delivery.ts";

/** A stack's manifests and the cluster that they are applied to. */
export interface OpenedDelivery {
  readonly delivery: StackDelivery;
  /** By package name; empty if nothing is applied. */
  readonly providers: { readonly kubernetes?: kubernetes.Provider };
}

/** Nothing is registered before it is known that the cluster is the right one and no object is another's. */
export async function openCluster(
  spec: StackSpec,
  planned: StackDelivery,
): Promise<OpenedDelivery> {
  const { cluster } = spec;
  if (cluster === undefined || planned.applied.length === 0) {
    return { delivery: planned, providers: {} };
  }
  const { identifier, foreignNamespaces, warnings } = await inspectAndDecide(
    spec,
    cluster,
    planned.applied,
  );
  for (const warning of warnings) void pulumi.log.warn(describeProblem(warning));
  return {
    delivery: leaveOutNamespaces(planned, foreignNamespaces),
    providers: { kubernetes: createProvider(cluster, cluster.identifier ?? identifier) },
  };
}

/** A preview works without the cluster, for CI that cannot reach it. `up` does not. */
async function inspectAndDecide(
  spec: StackSpec,
  cluster: ClusterSpec,
  plans: readonly ClusterPlan[],
): Promise<ClusterDecision> {
  const isPreview = pulumi.runtime.isDryRun();
  if (isPreview && isOffline()) return notInspectedCluster("BERTH_OFFLINE=true");
  try {
    return decideCluster(spec, cluster, plans, await inspectCluster(cluster, plans));
  } catch (error) {
    if (!isPreview || !(error instanceof KubeError) || error.kind !== "api-unreachable")
      throw error;
    return notInspectedCluster(error.message);
  }
}

/**
 * The provider for this cluster, independent of the kubeconfig's current context. With an identifier
 * another path or context only changes the provider. Without one Pulumi would replace every object.
 */
function createProvider(cluster: ClusterSpec, identifier: string | undefined): kubernetes.Provider {
  const { kubeconfig, context } = cluster;
  return new kubernetes.Provider("kubernetes", {
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
    context,
    ...(identifier === undefined ? {} : { clusterIdentifier: identifier }),
    enableServerSideApply: true,
  });
}
