import type { ClusterSpec, StackSpec } from "../../config/spec.ts";
import { BerthError, toOneError } from "../../errors.ts";
import { CASCADE_FINALIZER } from "../metadata.ts";
import type { KubernetesObject } from "../yaml.ts";
import { type Kind, kindOf } from "./kinds.ts";
import {
  type ClusterPlan,
  describeObject,
  listObjects,
  listOwned,
  toFieldManager,
} from "./objects.ts";

/** An object as the cluster has it, as far as it matters whose it is. */
export interface LiveClusterObject {
  readonly managers: readonly string[];
  /** Identity of the stack that it says it was made by. */
  readonly stack?: string | undefined;
  readonly finalizers: readonly string[];
}

/** What a cluster says of the objects that a stack wants to apply. */
export interface ClusterFacts {
  /** UID of the namespace kube-system. */
  readonly identifier: string;
  /** The kinds that the API server does not serve. */
  readonly missingKinds: readonly Kind[];
  /** By `describeObject`; absent = there is no such object. */
  readonly objects: ReadonlyMap<string, LiveClusterObject>;
  /** The namespaces that there are, of those that objects go to. */
  readonly namespaces: ReadonlySet<string>;
}

/** What follows from it. */
export interface ClusterDecision {
  /** undefined = the cluster was not asked. */
  readonly identifier: string | undefined;
  /** Namespaces that others made: they are used and left alone. */
  readonly foreignNamespaces: ReadonlySet<string>;
  readonly warnings: readonly string[];
}

/** When the cluster cannot be asked: nothing is known to exist, and the operator is told so. */
export function notInspectedCluster(reason: string): ClusterDecision {
  return {
    identifier: undefined,
    foreignNamespaces: new Set(),
    warnings: [`not compared with the cluster (${reason}): objects that exist are shown as new`],
  };
}

/**
 * What a cluster says → what to do about it. Throws one `BerthError` with every reason not to go on;
 * nothing has been written by then. Pure.
 *
 * The API server's own guard does not serve here: server-side apply makes whoever applies equal values
 * a co-owner without a word, and removing the app would then delete somebody else's object.
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
      ...(cluster.identifier === undefined
        ? [
            `the cluster is not pinned; write to the stack file under berth:cluster: identifier: ${facts.identifier}`,
          ]
        : []),
      ...foreign.map((object) => `adopting: ${describeObject(object)}, made by others`),
    ],
  };
}

function refuseOtherCluster(cluster: ClusterSpec, facts: ClusterFacts): void {
  const { identifier, context } = cluster;
  if (identifier === undefined || identifier === facts.identifier) return;
  throw new BerthError(
    `context "${context}" leads to another cluster than the stack is for: its namespace kube-system has the UID ${facts.identifier}, and berth:cluster.identifier is ${identifier}`,
    { hint: "correct berth:cluster.context, or berth:cluster.identifier after moving the stack" },
  );
}

function findMissingKinds(
  objects: readonly KubernetesObject[],
  { missingKinds }: ClusterFacts,
): string[] {
  return missingKinds.map(({ apiVersion, kind, source }) => {
    const count = objects.filter((o) => o.apiVersion === apiVersion && o.kind === kind).length;
    const which = count === 1 ? "1 object here is" : `${String(count)} objects here are`;
    return `it has no ${kind} in ${apiVersion}, which ${which}\n    fix: install ${source ?? "it"}`;
  });
}

/** Argo CD makes an Application's namespace; nobody makes one for an object that is applied. */
function findMissingNamespaces(plans: readonly ClusterPlan[], facts: ClusterFacts): string[] {
  const made = new Set(plans.flatMap((plan) => plan.namespaces.map((n) => n.metadata.name)));
  const wanted = plans.flatMap(listObjects).flatMap(({ metadata }) => metadata.namespace ?? []);
  return [...new Set(wanted)]
    .filter((name) => !made.has(name) && !facts.namespaces.has(name))
    .toSorted()
    .map(
      (name) =>
        `there is no namespace "${name}"\n    fix: kubectl create namespace ${name}, or correct the stack file`,
    );
}

function describeForeign(object: KubernetesObject, facts: ClusterFacts): string {
  const managers = facts.objects.get(describeObject(object))?.managers ?? [];
  const by = managers.length === 0 ? "" : ` (applied by ${managers.join(", ")})`;
  return `${describeObject(object)} exists and was not made by this stack${by}\n    fix: name another, or take it over with berth:cluster.adopt: true; it is then deleted when its app leaves`;
}

/** Deleting such an Application would delete what the app runs, volumes included. */
function findCascades(objects: readonly KubernetesObject[], facts: ClusterFacts): string[] {
  return objects
    .filter((object) => object.kind === "Application")
    .filter((object) =>
      facts.objects
        .get(describeObject(object))
        ?.finalizers.some((finalizer) => finalizer.startsWith(CASCADE_FINALIZER)),
    )
    .map((object) => {
      const { name, namespace = "" } = object.metadata;
      const { resource, apiVersion } = kindOf(object);
      const full = `${resource}.${apiVersion.split("/")[0] ?? ""}`;
      return `${describeObject(object)} has the finalizer ${CASCADE_FINALIZER}: were its app to leave the stack, Argo CD would delete what it runs, volumes included\n    fix: kubectl -n ${namespace} patch ${full} ${name} --type=merge -p '{"metadata":{"finalizers":null}}'`;
    });
}
