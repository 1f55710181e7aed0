import type { ItemRef } from "../config/spec/item.ts";
import type { StackSpec } from "../config/spec.ts";
import type { ItemId } from "../secrets/onepassword-item.ts";
import { type Kind, kindOf } from "./cluster/kinds.ts";
import { listObjects } from "./cluster/objects.ts";
import { isFiles, planStackDelivery } from "./stack-delivery.ts";
import type { KubernetesObject } from "./yaml.ts";

/** The objects of a stack's manifests. Throws what `planStackDelivery` throws. */
export function listEmitted(spec: StackSpec): readonly KubernetesObject[] {
  const delivery = planStackDelivery(spec, toAnyId);
  return [delivery.shared, ...spec.apps.map(delivery.ofApp)]
    .filter((plan) => plan !== undefined)
    .flatMap((plan) => (isFiles(plan) ? plan.files.flatMap((f) => f.objects) : listObjects(plan)));
}

/** Their kinds, each once, without Kubernetes' own. */
export function toCustomKinds(objects: readonly KubernetesObject[]): readonly Kind[] {
  return [...new Set(objects.map(kindOf).filter(({ source }) => source !== undefined))];
}

/** Placeholder ids for plans that are made before items are read; each item has another one. */
export function toAnyId({ vault, item }: ItemRef): ItemId {
  return { vaultId: encodeURIComponent(vault), itemId: encodeURIComponent(item) };
}
