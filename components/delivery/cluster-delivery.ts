import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { ClusterPlan } from "./cluster-objects.ts";
import type { KubernetesObject } from "./yaml.ts";

/**
 * Manifests in the cluster, one resource per object, applied by the API server (server-side apply).
 * Secrets come before the Application, so that Argo CD starts nothing that lacks one. A namespace
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
    for (const application of plan.applications) this.#apply(application, secrets);
    this.registerOutputs({});
  }

  /** Named after the object: an app that takes one over from another changes nothing. */
  #apply(object: KubernetesObject, dependsOn: readonly pulumi.Resource[]): pulumi.Resource {
    const { name, namespace } = object.metadata;
    return new kubernetes.apiextensions.CustomResource(
      namespace === undefined ? name : `${namespace}/${name}`,
      { ...object },
      { parent: this, dependsOn: [...dependsOn] },
    );
  }
}
