import type { AppSpec, ClusterSpec, StackIdentity, StackSpec } from "../../config/spec.ts";
import {
  type ItemIds,
  planAdminSecret,
  planApplication,
  planAppSecrets,
  planJob,
  planSharedAccess,
} from "../app-objects.ts";
import { planWorkloadSources } from "../argocd/sources.ts";
import type { KubernetesObject } from "../yaml.ts";

/** What is applied to the cluster for one app, or for what the apps share. Each list comes in turn. */
export interface ClusterPlan {
  /** Made where they do not exist, and kept when the app goes. */
  readonly namespaces: readonly KubernetesObject[];
  readonly secrets: readonly KubernetesObject[];
  /** What provisions the app from there; the last is the Job, which ends before anything else begins. */
  readonly job: readonly KubernetesObject[];
  readonly applications: readonly KubernetesObject[];
}

/**
 * An app's objects in cluster mode: those of Git mode without what stands for the Git tree, which is
 * the Application `<app>-db-provisioner`, whose items are applied themselves, and the source of the
 * app's Application that holds its items. An app with nothing to run needs no Application then.
 *
 * Nobody makes the namespaces on the way, as Argo CD does for an Application; so they are here.
 */
export function planClusterObjects(
  spec: StackSpec,
  cluster: ClusterSpec,
  app: AppSpec,
  items: ItemIds,
): ClusterPlan {
  const { database, own } = planAppSecrets(spec, app, items);
  const secrets = [...database, ...own];
  const application = planApplication(cluster, app, planWorkloadSources(spec, app));
  const namespaces = [app.namespace, ...own.map(({ metadata }) => metadata.namespace)];
  return toPlan(spec, {
    namespaces: cluster.createNamespaces ? namespaces : [],
    secrets,
    job: planJob(spec, app, "pulumi"),
    applications: application === undefined ? [] : [application],
  });
}

/** What the apps of a stack share: the admin role's Secret and, if Berth makes them, store and connection. */
export function planSharedClusterObjects(spec: StackSpec, items: ItemIds): ClusterPlan {
  return toPlan(spec, {
    namespaces: [],
    secrets: [...planSharedAccess(spec), planAdminSecret(spec, items)],
    job: [],
    applications: [],
  });
}

/** Every object of a plan, in the order they are applied. */
export function listObjects(plan: ClusterPlan): readonly KubernetesObject[] {
  return [...plan.namespaces, ...listOwned(plan)];
}

/** The same without namespaces: all that no two plans may share. */
export function listOwned({
  secrets,
  job,
  applications,
}: ClusterPlan): readonly KubernetesObject[] {
  return [...secrets, ...job, ...applications];
}

/** `OnePasswordItem infra-netbox/netbox-db-credentials`, for people. */
export function describeObject({ kind, metadata }: KubernetesObject): string {
  const { name, namespace } = metadata;
  return `${kind} ${namespace === undefined ? "" : `${namespace}/`}${name}`;
}

/** Annotation with the identity of the stack that made an object. */
export const stackAnnotation = "berth/stack";

/**
 * Field manager of a stack: in an object's managedFields it is the mark that the stack made it, or another of
 * its name, which the annotation tells apart.
 */
export function toFieldManager(stack: string): string {
  return `berth-${stack}`;
}

function toPlan(
  { stack, postgres }: StackSpec,
  plan: Omit<ClusterPlan, "namespaces"> & { readonly namespaces: readonly string[] },
): ClusterPlan {
  const mark = (object: KubernetesObject): KubernetesObject =>
    withMark(object, stack, postgres.stack);
  const names = new Set(plan.namespaces.filter((name) => name !== postgres.namespace));
  return {
    namespaces: [...names].toSorted().map(toNamespace).map(mark),
    secrets: plan.secrets.map(mark),
    job: plan.job.map(mark),
    applications: plan.applications.map(mark),
  };
}

/** Two apps may share one, so it says nothing of an app: both apply the same. */
function toNamespace(name: string): KubernetesObject {
  const labels = { "app.kubernetes.io/managed-by": "berth" };
  return { apiVersion: "v1", kind: "Namespace", metadata: { name, labels } };
}

/**
 * What an object that is applied has and one in a file has not. The first three are Pulumi's: who
 * applies; that it wins over who edited by hand, as Git mode does, since what Berth did not make it
 * looks for beforehand; and that a deletion is done without waiting for what the object owned. The
 * others keep Argo CD from deleting what it once applied from Git.
 *
 * @see https://www.pulumi.com/registry/packages/kubernetes/how-to-guides/managing-resources-with-server-side-apply/
 * @see https://argo-cd.readthedocs.io/en/stable/user-guide/sync-options/
 */
function withMark(
  object: KubernetesObject,
  stack: string,
  identity: StackIdentity | undefined,
): KubernetesObject {
  const annotations = {
    ...object.metadata.annotations,
    ...(identity === undefined ? {} : { [stackAnnotation]: identity.id }),
    "pulumi.com/patchFieldManager": toFieldManager(stack),
    "pulumi.com/patchForce": "true",
    "pulumi.com/deletionPropagationPolicy": "background",
    "argocd.argoproj.io/sync-options": "Prune=false,Delete=false",
    "argocd.argoproj.io/compare-options": "IgnoreExtraneous",
  };
  return { ...object, metadata: { ...object.metadata, annotations } };
}
