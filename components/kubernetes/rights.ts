import { type KubeAccess, parseAnswer } from "./access.ts";
import { toRefusal } from "./failure.ts";
import type { KubeRight } from "./rbac.ts";

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
export function toReview({ verb, group = "", namespace, name, ...right }: KubeRight): unknown {
  const [resource, subresource] = right.resource.split("/");
  return {
    apiVersion: "authorization.k8s.io/v1",
    kind: "SelfSubjectAccessReview",
    spec: { resourceAttributes: { namespace, verb, group, resource, name, subresource } },
  };
}
