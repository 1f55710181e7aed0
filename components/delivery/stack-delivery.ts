import { SHARED } from "../config/derive/names.ts";
import type { AppSpec, StackSpec } from "../config/spec.ts";
import { toOneError } from "../errors.ts";
import type { ItemIds } from "./app-objects.ts";
import {
  type ClusterPlan,
  describeObject,
  listObjects,
  listOwned,
  planClusterObjects,
  planSharedClusterObjects,
} from "./cluster/objects.ts";
import {
  findDuplicateObjects,
  type GitDeliveryArgs,
  planManifests,
  planSharedManifests,
} from "./git/files.ts";
import type { ManifestPlan } from "./git/manifest-plan.ts";

/** Manifests of one app, or those that all apps of a stack use: files, or objects to apply. */
export type DeliveryPlan = GitDeliveryArgs | ClusterPlan;

export interface StackDelivery {
  /** Manifests that all apps use; undefined = the stack has neither `gitops` nor `cluster`. */
  readonly shared: DeliveryPlan | undefined;
  readonly ofApp: (app: AppSpec) => DeliveryPlan | undefined;
  /** All plans whose objects are applied to a cluster. */
  readonly applied: readonly ClusterPlan[];
  readonly files: readonly ManifestPlan[];
}

export function isFiles(plan: DeliveryPlan): plan is GitDeliveryArgs {
  return "files" in plan;
}

/** Plans all manifests. Throws one error if two of them have the same file or object. */
export function planStackDelivery(spec: StackSpec, items: ItemIds): StackDelivery {
  const shared = planShared(spec, items);
  const byApp = new Map(spec.apps.map((app) => [app.name, planApp(spec, app, items)]));
  const plans = [shared, ...byApp.values()].filter((plan) => plan !== undefined);
  const applied = plans.flatMap((plan) => (isFiles(plan) ? [] : [plan]));
  const files = plans.filter(isFiles).flatMap((plan) => plan.files);
  // Namespaces are left out: apps may share one.
  const objects = applied.flatMap(listOwned);
  const problems = findDuplicateObjects(files, objects);
  if (problems.length > 0) throw toOneError("manifests: defined twice", problems);
  return { shared, ofApp: (app) => byApp.get(app.name), applied, files };
}

/** The same without the namespaces that others made. */
export function leaveOutNamespaces(
  delivery: StackDelivery,
  foreign: ReadonlySet<string>,
): StackDelivery {
  const prune = <T extends DeliveryPlan | undefined>(plan: T): T => {
    if (plan === undefined || isFiles(plan)) return plan;
    const namespaces = plan.namespaces.filter(({ metadata }) => !foreign.has(metadata.name));
    return { ...plan, namespaces };
  };
  return {
    ...delivery,
    shared: prune(delivery.shared),
    ofApp: (app) => prune(delivery.ofApp(app)),
    applied: delivery.applied.map(prune),
  };
}

/** A plan for people: paths of files, or kinds and names of objects. */
export function describePlan(plan: DeliveryPlan): readonly string[] {
  return isFiles(plan) ? plan.files.map(({ path }) => path) : listObjects(plan).map(describeObject);
}

function planShared(spec: StackSpec, items: ItemIds): DeliveryPlan | undefined {
  if (spec.gitops !== undefined) return toFiles(spec, SHARED, planSharedManifests(spec, items));
  const { cluster } = spec;
  return cluster === undefined ? undefined : planSharedClusterObjects(spec, cluster, items);
}

function planApp(spec: StackSpec, app: AppSpec, items: ItemIds): DeliveryPlan | undefined {
  const { cluster } = spec;
  switch (app.delivery) {
    case "git":
      return toFiles(spec, `app ${app.name}`, planManifests(spec, app, items));
    case "cluster":
      return cluster === undefined ? undefined : planClusterObjects(spec, cluster, app, items);
    case "none":
      return undefined;
  }
}

function toFiles(
  { gitops, stack, postgres }: StackSpec,
  of: string,
  files: readonly ManifestPlan[],
): GitDeliveryArgs | undefined {
  if (gitops === undefined) return undefined;
  const id = postgres.stack === undefined ? "" : ` ${postgres.stack.id}`;
  return { files, gitops, owner: `stack ${stack}${id}, ${of}` };
}
