import type { ClusterSpec } from "../../config/spec/delivery.ts";
import type { StackSpec } from "../../config/spec.ts";
import { BerthError, type Problem, toOneError } from "../../errors.ts";
import { when } from "../../when.ts";
import { CASCADE_FINALIZER } from "../metadata.ts";
import { groupOf, type KubernetesObject } from "../yaml.ts";
import { type Kind, kindOf } from "./kinds.ts";
import {
  type ClusterPlan,
  describeObject,
  listObjects,
  listOwned,
  toFieldManager,
} from "./objects.ts";

/** What says who made a live object. */
export interface LiveClusterObject {
  readonly managers: readonly string[];
  /** Identity of the stack that it says it was made by. */
  readonly stack?: string | undefined;
  readonly finalizers: readonly string[];
}

export interface ClusterFacts {
  /** UID of the namespace kube-system. */
  readonly identifier: string;
  /** The kinds that the API server does not serve. */
  readonly missingKinds: readonly Kind[];
  /** Live objects by `describeObject`; absent = there is no such object. */
  readonly objects: ReadonlyMap<string, LiveClusterObject>;
  /** The namespaces of objects that exist. */
  readonly namespaces: ReadonlySet<string>;
}

export interface ClusterDecision {
  /** undefined = the cluster was not read. */
  readonly identifier: string | undefined;
  /** Namespaces that others made. Berth uses them and does not change them. */
  readonly foreignNamespaces: ReadonlySet<string>;
  readonly warnings: readonly Problem[];
}

/** The decision without facts, with a warning: the preview then shows every object as new. */
export function notInspectedCluster(reason: string): ClusterDecision {
  return {
    identifier: undefined,
    foreignNamespaces: new Set(),
    warnings: [
      { what: `not compared with the cluster (${reason}): objects that exist are shown as new` },
    ],
  };
}

/**
 * Decides whether a stack may apply its objects to this cluster.
 *
 * The API server does not guard against this: with server-side apply, whoever applies equal values becomes
 * a co-owner without an error, and removing the app would then delete somebody else's object.
 *
 * @throws BerthError with every reason against it.
 */
export function decideCluster(
  spec: StackSpec,
  cluster: ClusterSpec,
  plans: readonly ClusterPlan[],
  facts: ClusterFacts,
): ClusterDecision {
  refuseOtherCluster(cluster, facts);
  const manager = toFieldManager(spec.stack);
  const identity = spec.postgres.stack;
  const ids = [identity?.id, ...(identity?.former ?? [])];
  const isMade = (object: KubernetesObject): boolean => {
    const live = facts.objects.get(describeObject(object));
    if (live?.stack !== undefined && identity !== undefined) return ids.includes(live.stack);
    return live?.managers.includes(manager) ?? true;
  };
  const objects = plans.flatMap(listOwned);
  const foreign = objects.filter((object) => !isMade(object));
  const problems = [
    ...findMissingKinds(objects, facts),
    ...findMissingNamespaces(plans, facts),
    ...(cluster.adopt ? [] : foreign.map((object) => describeForeign(object, facts))),
    ...findCascades(objects, facts),
  ];
  if (problems.length > 0) {
    throw toOneError(`the cluster of context "${cluster.context}" is not ready`, problems);
  }
  const namespaces = plans.flatMap((plan) => plan.namespaces);
  return {
    identifier: facts.identifier,
    foreignNamespaces: new Set(
      namespaces.filter((object) => !isMade(object)).map(({ metadata }) => metadata.name),
    ),
    warnings: [
      ...when(cluster.identifier === undefined, {
        what: "the stack file does not say which cluster it is for",
        fix: `add under berth:cluster: identifier: ${facts.identifier}`,
      }),
      ...foreign.map((object) => ({
        what: `adopting: ${describeObject(object)}, made by others`,
      })),
    ],
  };
}

function refuseOtherCluster(cluster: ClusterSpec, facts: ClusterFacts): void {
  const { identifier, context } = cluster;
  if (identifier === undefined || identifier === facts.identifier) return;
  throw new BerthError(
    `context "${context}" is not the stack's cluster: its namespace kube-system has the UID ${facts.identifier}, and berth:cluster.identifier is ${identifier}`,
    { hint: "correct berth:cluster.context, or berth:cluster.identifier after moving the stack" },
  );
}

function findMissingKinds(
  objects: readonly KubernetesObject[],
  { missingKinds }: ClusterFacts,
): Problem[] {
  return missingKinds.map(({ apiVersion, kind, source }) => {
    const count = objects.filter((o) => o.apiVersion === apiVersion && o.kind === kind).length;
    const which = count === 1 ? "1 object needs" : `${String(count)} objects need`;
    const what = `it has no ${kind} in ${apiVersion}, which ${which}`;
    return { what, fix: `install ${source ?? "it"}` };
  });
}

/** Applying an object does not create its namespace, so it must exist or be in a plan. */
function findMissingNamespaces(plans: readonly ClusterPlan[], facts: ClusterFacts): Problem[] {
  const made = new Set(plans.flatMap((plan) => plan.namespaces.map((n) => n.metadata.name)));
  const wanted = plans.flatMap(listObjects).flatMap(({ metadata }) => metadata.namespace ?? []);
  return [...new Set(wanted)]
    .filter((name) => !made.has(name) && !facts.namespaces.has(name))
    .toSorted()
    .map((name) => ({
      what: `there is no namespace "${name}"`,
      fix: `kubectl create namespace ${name}, or correct the stack file`,
    }));
}

function describeForeign(object: KubernetesObject, facts: ClusterFacts): Problem {
  const managers = facts.objects.get(describeObject(object))?.managers ?? [];
  const by = managers.length === 0 ? "" : ` (applied by ${managers.join(", ")})`;
  return {
    what: `${describeObject(object)} exists and was not made by this stack${by}`,
    fix: "use another name, or adopt it with berth:cluster.adopt: true; it is then deleted when its app leaves",
  };
}

/** Deleting such an Application would delete what the app runs, volumes included. */
function findCascades(objects: readonly KubernetesObject[], facts: ClusterFacts): Problem[] {
  return objects
    .filter((object) => object.kind === "Application")
    .filter((object) =>
      facts.objects
        .get(describeObject(object))
        ?.finalizers.some((finalizer) => finalizer.startsWith(CASCADE_FINALIZER)),
    )
    .map((object) => {
      const { name, namespace = "" } = object.metadata;
      const full = `${kindOf(object).resource}.${groupOf(object)}`;
      const what = `${describeObject(object)} has the finalizer ${CASCADE_FINALIZER}: when its app leaves the stack, Argo CD would delete what it runs, volumes included`;
      const fix = `kubectl -n ${namespace} patch ${full} ${name} --type=merge -p '{"metadata":{"finalizers":null}}'`;
      return { what, fix };
    });
}
