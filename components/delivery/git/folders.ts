import type { GitOpsSpec } from "../../config/spec/delivery.ts";
import type { AppSpec } from "../../config/spec.ts";
import type { ItemIds } from "../app-objects.ts";

/** What an app has for an Application or a Kustomization to apply. */
export interface AppParts {
  /** Items in the database's namespace. */
  readonly database: boolean;
  /** Items in its own namespaces. */
  readonly own: boolean;
  readonly items: ItemIds;
}

/** The folders of an app's items: in the database's namespace, and in its own. */
export function appFolders({ name }: AppSpec): { readonly database: string; readonly own: string } {
  return { database: `k8s/db-provisioning/${name}`, own: `k8s/infra/${name}` };
}

/** Path in the repository of a path in the directory. */
export function toRepositoryPath(gitops: GitOpsSpec, path: string): string {
  return gitops.path ? `${gitops.path}/${path}` : path;
}
