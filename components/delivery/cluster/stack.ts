import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { isOffline } from "../../config/environment.ts";
import type { ClusterSpec, StackSpec } from "../../config/spec.ts";
import { describeProblem } from "../../errors.ts";
import { KubeError } from "../../kubernetes/error.ts";
import { leaveOutNamespaces, type StackDelivery } from "../stack-delivery.ts";
import { type ClusterDecision, decideCluster, notInspectedCluster } from "./findings.ts";
import { inspectCluster } from "./inspect.ts";
import type { ClusterPlan } from "./objects.ts";

/** A stack's manifests and the cluster that they are applied to. */
export interface OpenedDelivery {
  readonly delivery: StackDelivery;
  /** By package name; empty where nothing is applied. */
  readonly providers: { readonly kubernetes?: kubernetes.Provider };
}

/**
 * Looks at the cluster and makes the provider for it. Nothing is registered before the cluster is known
 * to be the right one and to hold nothing of others' under the same names.
 */
export async function openCluster(
  spec: StackSpec,
  planned: StackDelivery,
): Promise<OpenedDelivery> {
  const { cluster } = spec;
  if (cluster === undefined || planned.applied.length === 0) {
    return { delivery: planned, providers: {} };
  }
  const { identifier, foreignNamespaces, warnings } = await examine(spec, cluster, planned.applied);
  for (const warning of warnings) void pulumi.log.warn(describeProblem(warning));
  return {
    delivery: leaveOutNamespaces(planned, foreignNamespaces),
    providers: { kubernetes: createProvider(cluster, cluster.identifier ?? identifier) },
  };
}

/** A preview goes on without a cluster, as CI often must; a write does not. */
async function examine(
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
 * Of this cluster and no other, whatever the kubeconfig's current context is. With an identifier, another
 * path or context is a change of settings; without one Pulumi would delete everything and make it anew.
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
