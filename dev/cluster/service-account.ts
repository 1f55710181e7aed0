import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import {
  AuthenticationV1TokenRequest,
  CoreV1Api,
  KubeConfig,
  V1TokenRequestSpec,
} from "@kubernetes/client-node";
import { writePrivately } from "../connect/vault-data.ts";
import type { ClusterFiles } from "./files.ts";
import { applyAll, type Manifest, namespace, openApi } from "./objects.ts";

/** A ServiceAccount. */
export interface Account {
  readonly namespace: string;
  readonly name: string;
}

/** Seconds that a token lasts: longer than any test. */
const tokenSeconds = 86_400;

/** Makes a ServiceAccount and its namespace. */
export async function addAccount(
  { kubeconfig }: ClusterFiles,
  { namespace: where, name }: Account,
): Promise<void> {
  const api = openApi(kubeconfig);
  await applyAll(api, [namespace(where)]);
  await applyAll(api, [
    { apiVersion: "v1", kind: "ServiceAccount", metadata: { name, namespace: where } },
  ]);
}

/** Gives a ServiceAccount the rights of a ClusterRole. */
export function bindAccount({ namespace: where, name }: Account, role: string): Manifest {
  return {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "ClusterRoleBinding",
    metadata: { name: `${where}-${name}` },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: role },
    subjects: [{ kind: "ServiceAccount", name, namespace: where }],
  };
}

/** A token of a ServiceAccount, as a kubelet asks for it. @param audiences none = the API server */
export async function requestToken(
  { kubeconfig }: ClusterFiles,
  { namespace: where, name }: Account,
  audiences: readonly string[] = [],
): Promise<string> {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  config.setCurrentContext("admin");
  const spec = Object.assign(new V1TokenRequestSpec(), {
    audiences: [...audiences],
    expirationSeconds: tokenSeconds,
  });
  const body = Object.assign(new AuthenticationV1TokenRequest(), { spec });
  const { status } = await config
    .makeApiClient(CoreV1Api)
    .createNamespacedServiceAccountToken({ name, namespace: where, body });
  if (status === undefined) throw new Error(`no token for ${where}/${name}`);
  return status.token;
}

/** Writes what a pod of a ServiceAccount finds in its files. @returns the folder */
export async function writePodFiles(files: ClusterFiles, account: Account): Promise<string> {
  const folder = path.join(files.home, `${account.namespace}-${account.name}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(path.join(folder, "namespace"), account.namespace);
  copyFileSync(files.certificate, path.join(folder, "ca.crt"));
  writePrivately(path.join(folder, "token"), await requestToken(files, account));
  return folder;
}
