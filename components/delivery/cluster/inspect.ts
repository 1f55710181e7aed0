import type { V1Namespace } from "@kubernetes/client-node";
import pLimit from "p-limit";
import type { ClusterSpec } from "../../config/spec/delivery.ts";
import { createKubeAccess, type KubeAccess } from "../../kubernetes/access.ts";
import { KubeError } from "../../kubernetes/error.ts";
import type { KubeAsk } from "../../kubernetes/failure.ts";
import { loadKubeContext } from "../../kubernetes/kubeconfig.ts";
import type { KubernetesObject } from "../yaml.ts";
import type { ClusterFacts, LiveClusterObject } from "./findings.ts";
import { type Kind, kindOf } from "./kinds.ts";
import { type ClusterPlan, describeObject, listObjects, stackAnnotation } from "./objects.ts";

const patience = { timeoutMs: 15_000, isBackground: false };
const requestsAtATime = 16;

interface Metadata {
  readonly managedFields?: readonly { readonly manager?: string }[];
  readonly finalizers?: readonly string[];
  readonly annotations?: Readonly<Record<string, string>>;
}

/**
 * Asks the API server which cluster it is, what it serves and which of the objects exist. Reads only:
 * `get` on the objects, on their namespaces and on kube-system. Throws `KubeError`.
 */
export async function inspectCluster(
  cluster: ClusterSpec,
  plans: readonly ClusterPlan[],
): Promise<ClusterFacts> {
  const { kubeconfig, context } = cluster;
  const choice = { kubeconfig, context, setting: "berth:cluster" };
  const access = createKubeAccess(await loadKubeContext(choice));
  const objects = plans.flatMap(listObjects);
  const kinds = [...new Set(objects.map(kindOf))];
  // One request before all others, so that a failed connection is reported once.
  const system = (await access.read(askNamespace("kube-system"), {}, patience)) as V1Namespace;
  const served = await Promise.all(kinds.map((kind) => isServed(access, kind)));
  const missingKinds = kinds.filter((_, index) => served[index] === false);
  const names = [...new Set(objects.flatMap(({ metadata }) => metadata.namespace ?? []))];
  const limit = pLimit(requestsAtATime);
  const namespaces = await Promise.all(
    names.map((name) => limit(() => readIfThere(access, askNamespace(name)))),
  );
  const live = await Promise.all(
    objects
      .filter((object) => !missingKinds.includes(kindOf(object)))
      .map((object) => limit(() => readObject(access, object))),
  );
  return {
    identifier: system.metadata?.uid ?? "",
    missingKinds,
    objects: new Map(live.flat()),
    namespaces: new Set(names.filter((_, index) => namespaces[index] !== undefined)),
  };
}

/** Every user may list the kinds of an API group. Few may read a CustomResourceDefinition. */
async function isServed(access: KubeAccess, kind: Kind): Promise<boolean> {
  if (kind.source === undefined) return true;
  const ask = { verb: "get", resource: "", namespace: undefined, name: undefined } as const;
  const group = await readIfThere(access, { ...ask, apiVersion: kind.apiVersion });
  const { resources = [] } = (group ?? {}) as { resources?: readonly { name: string }[] };
  return resources.some(({ name }) => name === kind.resource);
}

async function readObject(
  access: KubeAccess,
  object: KubernetesObject,
): Promise<[string, LiveClusterObject][]> {
  const { apiVersion, resource } = kindOf(object);
  const { name, namespace } = object.metadata;
  const ask = { verb: "get", resource, namespace, name } as const;
  const found = await readIfThere(access, apiVersion === "v1" ? ask : { ...ask, apiVersion });
  if (found === undefined) return [];
  const { metadata } = found as { readonly metadata: Metadata };
  const managers = (metadata.managedFields ?? []).flatMap(({ manager }) => manager ?? []);
  const live = {
    managers: [...new Set(managers)],
    finalizers: metadata.finalizers ?? [],
    stack: metadata.annotations?.[stackAnnotation],
  };
  return [[describeObject(object), live]];
}

function askNamespace(name: string): KubeAsk {
  return { verb: "get", resource: "namespaces", namespace: undefined, name };
}

async function readIfThere(access: KubeAccess, ask: KubeAsk): Promise<unknown> {
  try {
    return await access.read(ask, {}, patience);
  } catch (error) {
    if (error instanceof KubeError && error.kind === "not-found") return undefined;
    throw error;
  }
}
