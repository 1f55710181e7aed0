import { kindOf } from "../../components/delivery/cluster/kinds.ts";
import type { KubernetesObject } from "../../components/delivery/yaml.ts";
import { type RawAnswer, sendRaw } from "../../dev/cluster/raw-request.ts";

/**
 * Would this object be accepted? As `kubectl create --dry-run=server --validate=strict`: a field that
 * the definition does not know is refused, where it would otherwise be dropped.
 */
export function tryStrictly(kubeconfig: string, object: KubernetesObject): Promise<RawAnswer> {
  const contentType = "application/json";
  return sendRaw(kubeconfig, { method: "POST", path: toPath(object), contentType, body: object });
}

function toPath(object: KubernetesObject): string {
  const { namespace } = object.metadata;
  const root = object.apiVersion === "v1" ? "/api/v1" : `/apis/${object.apiVersion}`;
  const scope = namespace === undefined ? "" : `/namespaces/${namespace}`;
  return `${root}${scope}/${kindOf(object).resource}?dryRun=All&fieldValidation=Strict`;
}
