import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { KubernetesObject } from "../yaml.ts";
import type { ClusterPlan } from "./objects.ts";

/** Registers the resource of an object. */
type Make = (
  name: string,
  object: KubernetesObject,
  opts: pulumi.CustomResourceOptions,
) => pulumi.Resource;

const { batch, core, rbac } = kubernetes;
const v1 = { apiVersion: "v1" } as const;

/** Kubernetes' own kinds have classes in Pulumi's SDK. Pulumi waits until a Job has succeeded. */
const own: Readonly<Record<string, Make>> = {
  ConfigMap: (name, object, opts) =>
    new core.v1.ConfigMap(name, { ...object, ...v1, kind: "ConfigMap" }, opts),
  CronJob: (name, object, opts) =>
    new batch.v1.CronJob(name, { ...object, apiVersion: "batch/v1", kind: "CronJob" }, opts),
  Job: (name, object, opts) =>
    new batch.v1.Job(name, { ...object, apiVersion: "batch/v1", kind: "Job" }, opts),
  Role: (name, object, opts) =>
    new rbac.v1.Role(name, object as kubernetes.types.input.rbac.v1.Role, opts),
  RoleBinding: (name, object, opts) =>
    new rbac.v1.RoleBinding(name, object as kubernetes.types.input.rbac.v1.RoleBinding, opts),
  Secret: (name, object, opts) =>
    new core.v1.Secret(name, { ...object, ...v1, kind: "Secret" }, opts),
  ServiceAccount: (name, object, opts) =>
    new core.v1.ServiceAccount(name, { ...object, ...v1, kind: "ServiceAccount" }, opts),
};

/**
 * Manifests in the cluster, one resource per object, with server-side apply. Secrets come before the
 * Application, so Argo CD never starts an app without them. A Job that provisions the app must succeed
 * first. A namespace stays when the app leaves: its deletion would delete all that is in it, volumes
 * included.
 */
export class ClusterDelivery extends pulumi.ComponentResource {
  /** There are no files to wait for. */
  readonly written: pulumi.Output<unknown> = pulumi.output(undefined);

  constructor(name: string, plan: ClusterPlan, opts?: pulumi.ComponentResourceOptions) {
    super("berth:delivery:ClusterDelivery", name, {}, opts);
    // Apps may share a namespace. Each has its own resource for it.
    const namespaces = plan.namespaces.map(
      ({ metadata }) =>
        new kubernetes.core.v1.Namespace(
          `${name}.${metadata.name}`,
          { metadata },
          { parent: this, retainOnDelete: true },
        ),
    );
    const secrets = plan.secrets.map((object) => this.#apply(object, namespaces));
    // In order: the Job needs all that comes before it.
    const job = plan.job.reduce(
      (before, object) => [...before, this.#apply(object, before)],
      [...namespaces, ...secrets],
    );
    for (const application of plan.applications) this.#apply(application, job);
    this.registerOutputs({});
  }

  /** The resource is named after the object, so the name stays when the object moves in a plan. */
  #apply(object: KubernetesObject, dependsOn: readonly pulumi.Resource[]): pulumi.Resource {
    const { name, namespace } = object.metadata;
    const resourceName = namespace === undefined ? name : `${namespace}/${name}`;
    const opts = { parent: this, dependsOn: [...dependsOn] };
    const make = own[object.kind];
    if (make !== undefined) return make(resourceName, object, opts);
    return new kubernetes.apiextensions.CustomResource(resourceName, { ...object }, opts);
  }
}
