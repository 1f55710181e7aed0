import type { ItemRef, StackSpec } from "../config/spec.ts";
import type { ItemId } from "../secrets/onepassword-item.ts";
import { type Kind, kindOf } from "./cluster/kinds.ts";
import { listObjects } from "./cluster/objects.ts";
import { isFiles, planStackDelivery } from "./stack-delivery.ts";

/**
 * The kinds of a stack's manifests that others bring to a cluster, each once; empty where it writes none.
 * Throws what `planStackDelivery` throws. Pure.
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

/** Before items are read: another id for each, which is all that the kinds depend on. */
export function toAnyId({ vault, item }: ItemRef): ItemId {
  return { vaultId: encodeURIComponent(vault), itemId: encodeURIComponent(item) };
}
