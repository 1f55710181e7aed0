import { type KubeAccess, parseAnswer } from "./access.ts";
import { toRefusal } from "./failure.ts";

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

/** The name in RBAC's form: `pods/portforward`, `applications.argoproj.io`. */
export function toResourceName({ resource, group = "" }: KubeRight): string {
  return group === "" ? resource : `${resource}.${group}`;
}

/** The command that asks the same. */
export function toCanI({ context }: Pick<KubeAccess, "context">, right: KubeRight): string {
  const [kind = "", subresource] = toResourceName(right).split("/");
  const flag = subresource === undefined ? "" : ` --subresource=${subresource}`;
  const scope = right.namespace === undefined ? "" : ` -n ${right.namespace}`;
  return `${context.kubectl}${scope} auth can-i ${right.verb} ${kind}${flag}`;
}

/** Asks the API server. Throws a `KubeError` if it does not answer that question. */
export async function isAllowed(
  access: Pick<KubeAccess, "context" | "send">,
  right: KubeRight,
): Promise<boolean> {
  const path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
  const options = { timeoutMs: 9_000, isBackground: false };
  const answer = await access.send({ path, body: toReview(right) }, options);
  if (answer.status < 200 || answer.status > 299) {
    const resource = "selfsubjectaccessreviews";
    const ask = { verb: "create", resource, namespace: undefined, name: undefined } as const;
    throw toRefusal(access.context, ask, answer);
  }
  const review = parseAnswer(access.context, answer.body) as { status?: { allowed?: boolean } };
  return review.status?.allowed === true;
}

/**
 * A review that asks the API server whether the current user has a right. It stores nothing.
 *
 * @see
 * https://kubernetes.io/docs/reference/kubernetes-api/authorization-resources/self-subject-access-review-v1/
 */
export function toReview({
  verb,
  group = "",
  resource: full,
  namespace,
  name,
}: KubeRight): unknown {
  const [resource, subresource] = full.split("/");
  return {
    apiVersion: "authorization.k8s.io/v1",
    kind: "SelfSubjectAccessReview",
    spec: {
      resourceAttributes: {
        ...(namespace === undefined ? {} : { namespace }),
        verb,
        group,
        resource,
        ...(name === undefined ? {} : { name }),
        ...(subresource === undefined ? {} : { subresource }),
      },
    },
  };
}
