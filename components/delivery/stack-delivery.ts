import type { AppSpec, StackSpec } from "../config/spec.ts";
import { toOneError } from "../errors.ts";
import type { AppDeliveryArgs } from "./app-delivery.ts";
import {
  findDuplicateObjects,
  type ItemIds,
  type ManifestPlan,
  planManifests,
  planSharedManifests,
} from "./tree.ts";

/** Every manifest of a stack, by who brings it: each app its own, and what they share once. */
export interface StackDelivery {
  /** undefined = the stack writes no manifests. */
  readonly shared: AppDeliveryArgs | undefined;
  readonly ofApp: (app: AppSpec) => AppDeliveryArgs | undefined;
}

/** Plans all files; one error if two of them claim the same file or object. Pure. */
export function planStackDelivery(spec: StackSpec, items: ItemIds): StackDelivery {
  const { gitops, stack } = spec;
  if (gitops === undefined) return { shared: undefined, ofApp: () => undefined };
  const shared = planSharedManifests(spec, items);
  const byApp = new Map(spec.apps.map((app) => [app.name, planManifests(spec, app, items)]));
  const problems = findDuplicateObjects([...shared, ...[...byApp.values()].flat()]);
  if (problems.length > 0) throw toOneError("manifests collide", problems);
  const toArgs = (files: readonly ManifestPlan[], of: string): AppDeliveryArgs => ({
    files,
    gitops,
    owner: `stack ${stack}, ${of}`,
  });
  return {
    shared: toArgs(shared, "shared"),
    ofApp: (app) => toArgs(byApp.get(app.name) ?? [], `app ${app.name}`),
  };
}
