import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { KubernetesObject } from "../yaml.ts";
import type { ClusterPlan } from "./objects.ts";

/** Makes the resource of an object. */
type Make = (
  name: string,
  object: KubernetesObject,
  opts: pulumi.CustomResourceOptions,
) => pulumi.Resource;

const { batch, core } = kubernetes;
const v1 = { apiVersion: "v1" } as const;

/** Kubernetes' own kinds are no custom resources to Pulumi, which waits for a Job to succeed. */
const own: Readonly<Record<string, Make>> = {
  ConfigMap: (name, object, opts) =>
    new core.v1.ConfigMap(name, { ...object, ...v1, kind: "ConfigMap" }, opts),
  Job: (name, object, opts) =>
    new batch.v1.Job(name, { ...object, apiVersion: "batch/v1", kind: "Job" }, opts),
  ServiceAccount: (name, object, opts) =>
    new core.v1.ServiceAccount(name, { ...object, ...v1, kind: "ServiceAccount" }, opts),
};

/**
 * Manifests in the cluster, one resource per object, applied by the API server (server-side apply).
 * Secrets come before the Application, so that Argo CD starts nothing that lacks one, and a Job that
 * provisions the app has to succeed before. A namespace
 * stays when the app goes: deleting it would delete whatever else is in it, volumes included.
 */
export class ClusterDelivery extends pulumi.ComponentResource {
  constructor(name: string, plan: ClusterPlan, opts?: pulumi.ComponentResourceOptions) {
    super("berth:delivery:ClusterDelivery", name, {}, opts);
    // Two apps may share one, and each has it as a resource of its own.
    const namespaces = plan.namespaces.map(
      ({ metadata }) =>
        new kubernetes.core.v1.Namespace(
          `${name}.${metadata.name}`,
          { metadata },
          { parent: this, retainOnDelete: true },
        ),
    );
    const secrets = plan.secrets.map((object) => this.#apply(object, namespaces));
    // One after the other: the Job needs all that comes before it.
    const job = plan.job.reduce(
      (before, object) => [...before, this.#apply(object, before)],
      [...namespaces, ...secrets],
    );
    for (const application of plan.applications) this.#apply(application, job);
    this.registerOutputs({});
  }

  /** Named after the object: an app that takes one over from another changes nothing. */
  #apply(object: KubernetesObject, dependsOn: readonly pulumi.Resource[]): pulumi.Resource {
    const { name, namespace } = object.metadata;
    const resourceName = namespace === undefined ? name : `${namespace}/${name}`;
    const opts = { parent: this, dependsOn: [...dependsOn] };
    const make = own[object.kind];
    if (make !== undefined) return make(resourceName, object, opts);
    return new kubernetes.apiextensions.CustomResource(resourceName, { ...object }, opts);
  }
}
