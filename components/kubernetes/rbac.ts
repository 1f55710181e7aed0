import type { KubeContext } from "./kubeconfig.ts";

/** One right, in the terms of RBAC. */
export interface KubeRight {
  readonly verb: "get" | "list" | "watch" | "create" | "patch" | "delete";
  /** API group. @default - the core group */
  readonly group?: string;
  /** With the subresource, if there is one: `pods/portforward`. */
  readonly resource: string;
  /** undefined = the whole cluster. */
  readonly namespace: string | undefined;
  /** The only object that it is for. @default - any object */
  readonly name?: string;
}

type Resource = Pick<KubeRight, "group" | "resource">;
/** A right whose verb may be any that an API server names. */
type AnyRight = Resource & Pick<KubeRight, "namespace"> & { readonly verb: string };

/** The name in RBAC's form: `pods/portforward`, `applications.argoproj.io`. */
export function toResourceName(resource: Resource): string {
  return toParts(resource).join("/");
}

/** The resource with its group, and the subresource if there is one. */
function toParts({ group = "", resource }: Resource): readonly string[] {
  const [plain, ...subresource] = resource.split("/");
  return [[plain, group].filter(Boolean).join("."), ...subresource];
}

export function toKubectl(
  { kubectl }: KubeContext,
  { namespace }: Pick<KubeRight, "namespace">,
): string {
  return namespace === undefined ? kubectl : `${kubectl} -n ${namespace}`;
}

export function toCanI(context: KubeContext, right: AnyRight): string {
  const [resource = "", subresource] = toParts(right);
  const flag = subresource === undefined ? "" : ` --subresource=${subresource}`;
  return `${toKubectl(context, right)} auth can-i ${right.verb} ${resource}${flag}`;
}

export function fixForRight(
  context: KubeContext,
  right: AnyRight,
  verbs = `verb "${right.verb}"`,
): string {
  const role = right.namespace === undefined ? "ClusterRole" : "Role";
  return `have a ${role} with ${verbs} on ${toResourceName(right)} bound to this user; test with: ${toCanI(context, right)}`;
}
