import type { MetadataSpec } from "../../config/spec/argocd.ts";
import type { ClusterSpec } from "../../config/spec/delivery.ts";
import type { StackIdentity } from "../../config/spec/postgres.ts";
import type { AppSpec, StackSpec } from "../../config/spec.ts";
import {
  type ItemIds,
  planAdminSecret,
  planApplication,
  planAppSecrets,
  planJob,
  planSharedAccess,
} from "../app-objects.ts";
import { planWorkloadSources } from "../argocd/sources.ts";
import { planCertificateJob } from "../certificates/job.ts";
import { planConnect } from "../connect.ts";
import { addMetadata } from "../metadata.ts";
import { planProjects } from "../projects.ts";
import type { KubernetesObject } from "../yaml.ts";

/** What is applied to the cluster for one app, or for what all apps use; the lists in this order. */
export interface ClusterPlan {
  /** Created if they do not exist, and kept when the app leaves. */
  readonly namespaces: readonly KubernetesObject[];
  readonly secrets: readonly KubernetesObject[];
  /** The Jobs, each after what it needs. They must end before the Applications are applied. */
  readonly job: readonly KubernetesObject[];
  readonly applications: readonly KubernetesObject[];
}

/**
 * An app's objects in cluster mode. They are the same as in Git mode, except: there is no Application
 * `<app>-db-provisioner`, because its items are applied directly; the app's Application has no source for
 * its items; an app without a workload has no Application; and the namespaces are in the plan, because
 * Argo CD does not create them here.
 */
export function planClusterObjects(
  spec: StackSpec,
  cluster: ClusterSpec,
  app: AppSpec,
  items: ItemIds,
): ClusterPlan {
  const { database, own } = planAppSecrets(spec, app, items);
  const secrets = [...database, ...own];
  const certificate = planCertificateJob({ ...spec, app }, "pulumi");
  const application =
    cluster.workloads === "none"
      ? undefined
      : planApplication(cluster, app, planWorkloadSources(spec, app, items));
  const namespaces = [app.namespace, ...own.map(({ metadata }) => metadata.namespace)];
  return toPlan(spec, app.metadata, {
    namespaces: cluster.createNamespaces ? namespaces : [],
    secrets,
    job: [...planJob(spec, app, "pulumi"), ...certificate.source, ...certificate.own],
    applications: application === undefined ? [] : [application],
  });
}

/** What all apps of a stack use: the admin role's Secret and, if Berth makes them, store and VaultConnection. */
export function planSharedClusterObjects(
  spec: StackSpec,
  cluster: ClusterSpec,
  items: ItemIds,
): ClusterPlan {
  return toPlan(spec, spec.metadata, {
    namespaces: [],
    secrets: [...planConnect(spec), ...planSharedAccess(spec), planAdminSecret(spec, items)],
    job: [],
    applications: planProjects(spec, cluster, items),
  });
}

/** Every object of a plan, in the order in which they are applied. */
export function listObjects(plan: ClusterPlan): readonly KubernetesObject[] {
  return [...plan.namespaces, ...listOwned(plan)];
}

/** The same without namespaces, which two plans may share. */
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

/** Another stack of the same name has the same one: the annotation says which stack made an object. */
export function toFieldManager(stack: string): string {
  return `berth-${stack}`;
}

function toPlan(
  { stack, postgres }: StackSpec,
  settings: MetadataSpec,
  plan: Omit<ClusterPlan, "namespaces"> & { readonly namespaces: readonly string[] },
): ClusterPlan {
  const annotate = (object: KubernetesObject): KubernetesObject =>
    withAnnotations(addMetadata(object, settings), stack, postgres.stack);
  const names = new Set(plan.namespaces.filter((name) => name !== postgres.namespace));
  return {
    namespaces: [...names].toSorted().map(toNamespace).map(annotate),
    secrets: plan.secrets.map(annotate),
    job: plan.job.map(annotate),
    applications: plan.applications.map(annotate),
  };
}

/** Apps may share a namespace, so it has no label of an app. */
function toNamespace(name: string): KubernetesObject {
  const labels = { "app.kubernetes.io/managed-by": "berth" };
  return { apiVersion: "v1", kind: "Namespace", metadata: { name, labels } };
}

/**
 * Annotations that only applied objects have. The first three are for Pulumi: its field manager; overwrite
 * edits by hand, as in Git mode (`decideCluster` has refused objects of others before); and do not wait
 * for dependents in a deletion. The others keep Argo CD from deleting what it once applied from Git.
 *
 * @see https://www.pulumi.com/registry/packages/kubernetes/how-to-guides/managing-resources-with-server-side-apply/
 * @see https://argo-cd.readthedocs.io/en/stable/user-guide/sync-options/
 */
function withAnnotations(
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
