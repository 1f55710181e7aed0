import { KubeError } from "../../components/kubernetes/error.ts";
import { isAllowed } from "../../components/kubernetes/rights.ts";
import { patchObject } from "./restart.ts";

type Access = Parameters<typeof patchObject>[0];

/**
 * Makes External Secrets read the item now. Where it cannot, it returns why, and the Secret changes after the
 * `refreshInterval`.
 *
 * @see https://external-secrets.io/latest/introduction/faq/
 */
export async function forceSync(
  access: Access,
  { namespace, name }: { readonly namespace: string; readonly name: string },
): Promise<string | undefined> {
  const group = "external-secrets.io";
  const resource = "externalsecrets";
  try {
    const right = { verb: "patch", group, resource, namespace, name } as const;
    if (!(await isAllowed(access, right))) return `not allowed to patch ${resource}.${group}`;
    const ask = { verb: "patch", apiVersion: `${group}/v1`, resource, namespace, name } as const;
    await patchObject(access, ask, {
      metadata: { annotations: { "force-sync": new Date().toISOString() } },
    });
    return undefined;
  } catch (error) {
    if (error instanceof KubeError) return error.message;
    throw error;
  }
}
