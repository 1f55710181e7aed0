import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { KubernetesObject } from "../yaml.ts";
import type { ClusterPlan } from "./objects.ts";

/** The class of a kind. Its arguments are an object of that kind. */
type KindClass = new (
  name: string,
  args: never,
  opts: pulumi.CustomResourceOptions,
) => pulumi.Resource;

const { batch, core, rbac } = kubernetes;

/** Kubernetes' own kinds have classes in Pulumi's SDK. Pulumi waits until a Job has succeeded. */
const own: Readonly<Record<string, KindClass>> = {
  ConfigMap: core.v1.ConfigMap,
  CronJob: batch.v1.CronJob,
  Job: batch.v1.Job,
  Role: rbac.v1.Role,
  RoleBinding: rbac.v1.RoleBinding,
  Secret: core.v1.Secret,
  ServiceAccount: core.v1.ServiceAccount,
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
    const Own = own[object.kind];
    if (Own !== undefined) return new Own(resourceName, object as never, opts);
    return new kubernetes.apiextensions.CustomResource(resourceName, { ...object }, opts);
  }
}
