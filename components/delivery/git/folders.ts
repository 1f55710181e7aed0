import type { GitOpsSpec } from "../../config/spec/delivery.ts";
import type { AppSpec } from "../../config/spec.ts";
import type { ItemIds } from "../app-objects.ts";
import type { KubernetesObject } from "../yaml.ts";

/** What an app has for an Application or a Kustomization to apply. */
export interface AppParts {
  /** Objects in the database's namespace. */
  readonly database: readonly KubernetesObject[];
  /** Objects in its own namespaces. */
  readonly own: readonly KubernetesObject[];
  readonly items: ItemIds;
}

export interface SharedPart {
  readonly name: string;
  /** Folder of its objects. */
  readonly path: string;
  readonly objects: readonly KubernetesObject[];
}

/** The folders of an app's items: in the database's namespace, and in its own. */
export function appFolders({ name }: AppSpec): { readonly database: string; readonly own: string } {
  return { database: `k8s/db-provisioning/${name}`, own: `k8s/infra/${name}` };
}

/** Path in the repository of a path in the directory. */
export function toRepositoryPath(gitops: GitOpsSpec, path: string): string {
  return gitops.path ? `${gitops.path}/${path}` : path;
}
