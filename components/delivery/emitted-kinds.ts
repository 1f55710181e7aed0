import type { ItemRef } from "../config/spec/item.ts";
import type { StackSpec } from "../config/spec.ts";
import type { ItemId } from "../secrets/onepassword-item.ts";
import { type Kind, kindOf } from "./cluster/kinds.ts";
import { listObjects } from "./cluster/objects.ts";
import { isFiles, planStackDelivery } from "./stack-delivery.ts";

/**
 * The custom resource kinds that a stack's manifests use, each once. Throws what `planStackDelivery`
 * throws.
 */
export function listEmittedKinds(spec: StackSpec): readonly Kind[] {
  const delivery = planStackDelivery(spec, toAnyId);
  const kinds = [delivery.shared, ...spec.apps.map(delivery.ofApp)]
    .filter((plan) => plan !== undefined)
    .flatMap((plan) => (isFiles(plan) ? plan.files.flatMap((f) => f.objects) : listObjects(plan)))
    .map(kindOf)
    .filter(({ source }) => source !== undefined);
  return [...new Set(kinds)];
}

/** Placeholder ids for plans that are made before items are read; each item has another one. */
export function toAnyId({ vault, item }: ItemRef): ItemId {
  return { vaultId: encodeURIComponent(vault), itemId: encodeURIComponent(item) };
}
