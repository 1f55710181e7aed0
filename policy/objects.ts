import { parseAllDocuments } from "yaml";
import { isMapping } from "../components/mapping.ts";

/** What a policy sees of one resource. */
export interface Registered {
  readonly type: string;
  readonly props: Readonly<Record<string, unknown>>;
}

type Values = Readonly<Record<string, unknown>>;

/** The part of a Kubernetes object that a policy reads. */
export interface KubernetesObject extends Values {
  readonly kind: string;
  /** Pulumi gives a name to an object without one. */
  readonly metadata?: {
    readonly name?: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
}

/** The Kubernetes objects of a resource: those in a manifest file, or the one that Pulumi applies. */
export function toObjects({ type, props }: Registered): readonly KubernetesObject[] {
  if (type === "berth:index:ManifestFile") {
    const { content } = props;
    if (typeof content !== "string") return [];
    return parseAllDocuments(content)
      .map((document) => document.toJS() as unknown)
      .filter(isObject);
  }
  return type.startsWith("kubernetes:") && isObject(props) ? [props] : [];
}

function isObject(value: unknown): value is KubernetesObject {
  return isMapping(value) && typeof value["kind"] === "string";
}

/** `Secret infra-wiki/wiki-db`. */
export function describeObject({ kind, metadata = {} }: KubernetesObject): string {
  const { name = "(without a name)", namespace } = metadata;
  return `${kind} ${namespace === undefined ? "" : `${namespace}/`}${name}`;
}

/** Every mapping in a value, at any depth. */
export function listValues(value: unknown): readonly Values[] {
  if (Array.isArray(value)) return value.flatMap(listValues);
  return isMapping(value) ? [value, ...Object.values(value).flatMap(listValues)] : [];
}
