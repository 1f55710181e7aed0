import { setTimeout as delay } from "node:timers/promises";
import type { LoginFields } from "../../components/config/spec/item.ts";
import type { RoleSpec } from "../../components/config/spec.ts";
import type { KubeAccess } from "../../components/kubernetes/access.ts";
import { KubeError } from "../../components/kubernetes/error.ts";
import type { Credential } from "../../components/onepassword/credential.ts";

export type SecretOutcome =
  | { readonly kind: "arrived" }
  /** `reason`: why Berth could not read the Secret. */
  | { readonly kind: "unseen"; readonly reason: string }
  | { readonly kind: "late" };

/** How long to wait and how often to look, in milliseconds. */
export interface Patience {
  readonly timeoutMs: number;
  readonly intervalMs: number;
}

/**
 * Waits until the Secret holds exactly the credential. The operator polls 1Password every 600 s, or as its
 * `POLLING_INTERVAL` says.
 *
 * @see https://github.com/1Password/onepassword-operator/blob/main/README.md
 */
export async function waitForSecret(
  access: Pick<KubeAccess, "read">,
  role: Pick<RoleSpec, "namespace" | "secretName"> & { readonly keys: LoginFields },
  credential: Credential,
  { timeoutMs, intervalMs }: Patience,
): Promise<SecretOutcome> {
  const { namespace, secretName: name } = role;
  for (let waited = 0; ; waited += intervalMs) {
    try {
      const ask = { verb: "get", resource: "secrets", namespace, name } as const;
      const answer = await access.read(ask, {}, { timeoutMs: 10_000, isBackground: false });
      if (holds(answer, credential, role.keys)) return { kind: "arrived" };
    } catch (error) {
      if (!(error instanceof KubeError)) throw error;
      const mayPass = ["not-found", "api-unreachable", "api-failed"].includes(error.kind);
      if (!mayPass) return { kind: "unseen", reason: error.message };
    }
    if (waited >= timeoutMs) return { kind: "late" };
    await delay(intervalMs);
  }
}

function holds(answer: unknown, credential: Credential, keys: LoginFields): boolean {
  const { data } = answer as { data?: Readonly<Record<string, string>> };
  const read = (key: string): string => Buffer.from(data?.[key] ?? "", "base64").toString("utf8");
  return (
    (keys.username === undefined || read(keys.username) === credential.username) &&
    read(keys.password) === credential.revealPassword()
  );
}
