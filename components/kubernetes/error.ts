import { BerthError } from "../errors.ts";

/** Kind of a Kubernetes failure, for code that acts on it. */
export type KubeErrorKind =
  /** The kubeconfig is missing, unreadable, or has no such context. */
  | "kubeconfig"
  /** The kubeconfig's way of getting a credential failed (exec plugin, key or token file). */
  | "credentials"
  | "unauthorized"
  | "forbidden"
  /** No such Service, Pod or port. A retry does not help. */
  | "not-found"
  | "no-ready-pod"
  /** The Pod was replaced between resolving and connecting. */
  | "pod-gone"
  /** The Pod runs, but nothing listens on the port in it. */
  | "refused-in-pod"
  | "api-unreachable"
  | "api-untrusted"
  /** The API server answered with an error of its own. */
  | "api-failed"
  /** The connection broke after it had been open. */
  | "cut"
  | "port-taken"
  | "closed";

const passing: ReadonlySet<KubeErrorKind> = new Set<KubeErrorKind>([
  "no-ready-pod",
  "pod-gone",
  "refused-in-pod",
  "api-unreachable",
  "api-failed",
]);

/** `kind` distinguishes a Pod that is gone from a Postgres that refuses. Clients see both as a closed connection. */
export class KubeError extends BerthError {
  readonly kind: KubeErrorKind;

  constructor(
    kind: KubeErrorKind,
    message: string,
    options: { hint?: string; cause?: unknown } = {},
  ) {
    super(message, options);
    this.name = "KubeError";
    this.kind = kind;
  }
}

/** Whether a retry a moment later may work. All other errors fail at once, with their hint. */
export function isPassing(error: unknown): error is KubeError {
  return error instanceof KubeError && passing.has(error.kind);
}

/** Text from an API server or a plugin, safe to show: short, on one line, without what looks like a token. */
export function toShownText(text: string): string {
  const flat = text
    .replace(/\bBearer\s+\S+/gi, "Bearer [hidden]")
    .replace(/:\/\/[^\s/"]+@/g, "://")
    .replace(/\beyJ[\w-]+(\.[\w-]*){0,2}/g, "[hidden]")
    .replace(/((?:token|password|secret|client-key-data)"?\s*[:=]\s*"?)[^\s",}]+/gi, "$1[hidden]")
    .replace(/\b(token|password)\s+"?(?=\S*\d)[^\s",}]{12,}/gi, "$1 [hidden]")
    .replace(/[A-Za-z0-9+/_-]{60,}={0,2}/g, "[hidden]")
    .replace(/\s+/g, " ")
    .trim();
  return flat.length > 400 ? `${flat.slice(0, 400)}…` : flat;
}
