import { BerthError } from "../errors.ts";

/** What went wrong with a Kubernetes cluster, for code that acts on it. */
export type KubeErrorKind =
  /** The kubeconfig is missing, unreadable, or has no such context. */
  | "kubeconfig"
  /** The kubeconfig's way of getting a credential failed (exec plugin, key or token file). */
  | "credentials"
  | "unauthorized"
  | "forbidden"
  /** No such Service, Pod or port: trying again will not help. */
  | "not-found"
  | "no-ready-pod"
  /** The Pod was replaced between resolving and connecting. */
  | "pod-gone"
  /** The Pod runs, but nothing listens on the port in it. */
  | "refused-in-pod"
  | "api-unreachable"
  | "api-untrusted"
  /** The API server answered with a failure of its own. */
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

/**
 * A failure of Kubernetes: of the kubeconfig, of its credential, of a request to the API server, or of a
 * port-forward through it. Its `kind` tells a Pod that is gone from a Postgres that refuses; without it
 * both reach the operator as "connection terminated unexpectedly".
 */
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

/** Whether the same attempt a moment later may work. Everything else fails at once, with its hint. */
export function isPassing(error: unknown): error is KubeError {
  return error instanceof KubeError && passing.has(error.kind);
}

/**
 * Somebody else's text (an API server's, a plugin's), fit to be shown: short, on one line, and with
 * whatever looks like a token taken out.
 */
export function toShownText(text: string): string {
  const flat = text
    .replace(/\bBearer\s+\S+/gi, "Bearer [hidden]")
    .replace(/\beyJ[\w-]+(\.[\w-]*){0,2}/g, "[hidden]")
    .replace(/((?:token|password|secret|client-key-data)"?\s*[:=]\s*"?)[^\s",}]+/gi, "$1[hidden]")
    .replace(/[A-Za-z0-9+/_-]{60,}={0,2}/g, "[hidden]")
    .replace(/\s+/g, " ")
    .trim();
  return flat.length > 400 ? `${flat.slice(0, 400)}…` : flat;
}

/** A word for a command line that is meant to be pasted. */
export function toShellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
