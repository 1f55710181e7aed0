import { toErrorCode } from "../errors.ts";
import { KubeError, type KubeErrorKind, toShownText } from "./error.ts";
import type { KubeContext } from "./kubeconfig.ts";
import { fixForRight, toKubectl, toResourceName } from "./rbac.ts";

/** A request to the API server, in RBAC's terms. */
export interface KubeAsk {
  readonly verb: "get" | "list" | "create" | "patch";
  /** Group and version, as `argoproj.io/v1alpha1`. @default "v1" */
  readonly apiVersion?: string;
  /** `services`, `pods` or `pods/portforward`; empty for the list of a group's resources. */
  readonly resource: string;
  /** undefined = the resource has no namespace. */
  readonly namespace: string | undefined;
  /** undefined for a list. */
  readonly name: string | undefined;
}

export function toPath(ask: KubeAsk, query: Readonly<Record<string, string>> = {}): string {
  const [resource = "", subresource] = ask.resource.split("/");
  const root = ask.apiVersion === undefined ? ["api", "v1"] : ["apis", ask.apiVersion];
  const scope = ask.namespace === undefined ? [] : ["namespaces", ask.namespace];
  const names = [...scope, resource, ask.name, subresource];
  const parts = [...root.flatMap((part) => part.split("/")), ...names]
    .filter((part) => part !== undefined)
    .filter((part) => part !== "")
    .map((part) => encodeURIComponent(part));
  const search = new URLSearchParams(query).toString();
  return `/${parts.join("/")}${search === "" ? "" : `?${search}`}`;
}

/** Explains a refusal: what was asked, and the command that shows it. The server's text is short and has no token. */
export function toRefusal(
  context: KubeContext,
  ask: KubeAsk,
  answer: { readonly status: number; readonly body: string },
): KubeError {
  const said = toStatusMessage(answer.body);
  const thing = `${toResourceName(toResource(ask))}${ask.name === undefined ? "" : ` "${ask.name}"`}`;
  const where = `${toPlace(ask)}(context "${context.name}")`;
  const { kubectl } = context;
  const kubectlHere = toKubectl(context, ask);
  switch (answer.status) {
    case 401:
      return new KubeError(
        "unauthorized",
        `${context.cluster.server} does not accept the credential of user "${context.user.name}" (context "${context.name}"): 401 ${said}`,
        { hint: `log in to the cluster again, then check with: ${kubectl} auth whoami` },
      );
    case 403:
      return toForbidden(context, ask, said);
    case 404:
      return ask.resource === "pods/portforward"
        ? new KubeError("pod-gone", `Pod "${ask.name ?? ""}" is gone ${where}: ${said}`, {
            hint: `${kubectlHere} get pods`,
          })
        : new KubeError("not-found", `no ${thing} ${where}`, {
            hint: `see what there is: ${kubectlHere} get ${ask.resource}; then correct berth:postgres.endpoint.kubernetes`,
          });
    default: {
      const status = String(answer.status);
      const message = `${context.cluster.server} answered ${status} to "${ask.verb} ${thing}" ${where}: ${said}`;
      const isPassing = answer.status === 429 || answer.status >= 500;
      return new KubeError(isPassing ? "api-failed" : "api-untrusted", message, {
        hint: `${kubectlHere} get pods`,
      });
    }
  }
}

function toForbidden(context: KubeContext, ask: KubeAsk, said: string): KubeError {
  // The server may require another verb: since Kubernetes 1.35 a port-forward by websocket also needs `create`,
  // and a refusal for that reason names no verb.
  const implied = ask.resource === "pods/portforward" ? "create" : ask.verb;
  const verb = /cannot (\w+) resource/.exec(said)?.[1] ?? implied;
  const verbs = ask.resource.includes("/") ? `verbs "get" and "create"` : undefined;
  const right = { ...toResource(ask), namespace: ask.namespace, verb };
  return new KubeError(
    "forbidden",
    `not allowed to ${verb} ${toResourceName(right)} ${toPlace(ask)}(context "${context.name}", user "${context.user.name}"): ${said}`,
    { hint: fixForRight(context, right, verbs) },
  );
}

/** `in namespace "x" `, with the space; empty if there is no namespace. */
function toPlace({ namespace }: KubeAsk): string {
  return namespace === undefined ? "" : `in namespace "${namespace}" `;
}

function toResource({ apiVersion = "", resource }: KubeAsk) {
  // The list of a group's resources has the name of the group, with its version.
  return { group: resource === "" ? apiVersion : apiVersion.replace(/\/.*/, ""), resource };
}

function toStatusMessage(body: string): string {
  try {
    const parsed: unknown = JSON.parse(body);
    if (typeof parsed === "object" && parsed !== null && "message" in parsed) {
      return toShownText(String(parsed.message));
    }
  } catch {
    // Not every answer is a Status: the kubelet behind the API server sends plain text.
  }
  return toShownText(body) || "(no text)";
}

/** Explains a request without an answer: what was tried, and whether the network or TLS failed. */
export function toUnreachable(context: KubeContext, error: unknown, what: string): KubeError {
  if (error instanceof KubeError) return error;
  const code = toErrorCode(error);
  const isTrust = /CERT|SELF_SIGNED|UNABLE_TO|ERR_TLS|ERR_SSL|EPROTO|HPE_/.test(code);
  const kind: KubeErrorKind = isTrust ? "api-untrusted" : "api-unreachable";
  const reason = toShownText(error instanceof Error && error.message ? error.message : code);
  const proxy = context.proxy === undefined ? "" : ` through the proxy of ${context.proxy.source}`;
  return new KubeError(
    kind,
    `cannot reach the Kubernetes API server ${context.cluster.server}${proxy} (context "${context.name}", to ${what}): ${reason}`,
    { hint: `${context.kubectl} cluster-info`, cause: error },
  );
}
