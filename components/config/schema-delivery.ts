import { z } from "zod";
import { DnsLabel } from "./primitives.ts";

/** The keys of a stack file that say where manifests go; part of `schema.ts`. */

/** Git mode. */
export const GitOps = z
  .strictObject({
    directory: z
      .string()
      .min(1)
      .describe("Checkout of the GitOps repository, relative to the project folder."),
    repoURL: z.string().min(1).describe("The same repository as Argo CD sees it."),
    targetRevision: z.string().min(1).describe("Branch that Argo CD follows. Default: main."),
    argocdNamespace: DnsLabel.describe("Namespace of the Application objects. Default: argocd."),
    project: z.string().min(1).describe("Argo CD AppProject. Default: default."),
    adopt: z.boolean().describe("Overwrite files that Berth did not make. Default: false."),
  })
  .partial({ targetRevision: true, argocdNamespace: true, project: true, adopt: true });

/** Cluster mode. */
export const Cluster = z
  .strictObject({
    kubeconfig: z
      .string()
      .min(1)
      .describe("Path of a kubeconfig. Default: that of the endpoint, else KUBECONFIG."),
    context: z
      .string()
      .min(1)
      .describe("Context of the kubeconfig; must be named. Default: that of the endpoint."),
    identifier: z
      .string()
      .min(1)
      .describe("UID of the namespace kube-system of the cluster; nothing is applied to another."),
    createNamespaces: z
      .boolean()
      .describe(
        "Make the apps' namespaces where they do not exist; they are never deleted. Default: true.",
      ),
    argocdNamespace: DnsLabel.describe("Namespace of the Application objects. Default: argocd."),
    project: z.string().min(1).describe("Argo CD AppProject. Default: default."),
    adopt: z.boolean().describe("Take over objects that this stack did not make. Default: false."),
  })
  .partial();
