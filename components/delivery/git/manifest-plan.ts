import { formatYaml, type KubernetesObject } from "../yaml.ts";

export interface ManifestPlan {
  /** Pulumi's logical name. Never change it for the same file. */
  readonly logicalName: string;
  /** Path inside the checkout, with `/`. */
  readonly path: string;
  /** YAML text of `objects`. */
  readonly content: string;
  readonly objects: readonly KubernetesObject[];
}

export function planFile(
  logicalName: string,
  path: string,
  objects: readonly KubernetesObject[],
): ManifestPlan {
  return { logicalName, path, content: formatYaml(objects), objects };
}
