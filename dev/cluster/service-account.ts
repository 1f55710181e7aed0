import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import {
  AuthenticationV1TokenRequest,
  CoreV1Api,
  V1TokenRequestSpec,
} from "@kubernetes/client-node";
import type { ServiceAccountRef } from "../../components/config/spec/vault-inside.ts";
import { writePrivately } from "../connect/vault-data.ts";
import type { ClusterFiles } from "./files.ts";
import { applyAll, bind, type Manifest, namespace, openApi } from "./objects.ts";
import { loadKubeConfig } from "./raw-request.ts";

/** Seconds that a token lasts: longer than any test. */
const tokenSeconds = 86_400;

export async function addAccount(
  { kubeconfig }: ClusterFiles,
  { namespace: where, name }: ServiceAccountRef,
): Promise<void> {
  const api = openApi(kubeconfig);
  const metadata = { name, namespace: where };
  await applyAll(api, [namespace(where)]);
  await applyAll(api, [{ apiVersion: "v1", kind: "ServiceAccount", metadata }]);
}

/** Gives a ServiceAccount the rights of a ClusterRole. */
export function bindAccount({ namespace: where, name }: ServiceAccountRef, role: string): Manifest {
  const subject = { kind: "ServiceAccount", name, namespace: where };
  return bind({ name: `${where}-${name}` }, role, subject);
}

/** A token of a ServiceAccount, as a kubelet asks for it. @param audiences none = the API server */
export async function requestToken(
  { kubeconfig }: ClusterFiles,
  { namespace: where, name }: ServiceAccountRef,
  audiences: readonly string[] = [],
): Promise<string> {
  const spec = Object.assign(new V1TokenRequestSpec(), {
    audiences: [...audiences],
    expirationSeconds: tokenSeconds,
  });
  const body = Object.assign(new AuthenticationV1TokenRequest(), { spec });
  const { status } = await loadKubeConfig(kubeconfig)
    .makeApiClient(CoreV1Api)
    .createNamespacedServiceAccountToken({ name, namespace: where, body });
  if (status === undefined) throw new Error(`no token for ${where}/${name}`);
  return status.token;
}

/** Writes what a pod of a ServiceAccount finds in its files. @returns the folder */
export async function writePodFiles(
  files: ClusterFiles,
  account: ServiceAccountRef,
): Promise<string> {
  const folder = path.join(files.home, `${account.namespace}-${account.name}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(path.join(folder, "namespace"), account.namespace);
  copyFileSync(files.certificate, path.join(folder, "ca.crt"));
  writePrivately(path.join(folder, "token"), await requestToken(files, account));
  return folder;
}
