import path from "node:path";
import type { VaultOperatorTools } from "../../toolchain/cluster.ts";
import { findRunning, startInBackground } from "../background.ts";
import { type ClusterFiles, readPorts, writeKubeconfig } from "./files.ts";
import { applyAll, applyDefinitions, openApi, readManifests } from "./objects.ts";
import { addAccount, bindAccount, requestToken } from "./service-account.ts";

/** The ServiceAccount of the operator's own chart, which the stack file has as its default. */
export const operatorAccount = {
  namespace: "vault-secrets-operator-system",
  name: "vault-secrets-operator-controller-manager",
};

/** Starts the real Vault Secrets Operator, in all namespaces, as its ServiceAccount with the rights of its release. */
export async function startVaultOperator(
  files: ClusterFiles,
  tools: VaultOperatorTools,
): Promise<void> {
  if (findRunning(files.pid("vault-operator")) !== undefined) return;
  const ports = readPorts(files);
  if (ports === undefined) throw new Error("the cluster was never started");
  await addAccount(files, operatorAccount);
  // Another operator's release has a role of the same name.
  const role = "vault-secrets-operator";
  const objects = readManifests(tools.crds).map((object) =>
    object.kind === "ClusterRole" ? { ...object, metadata: { name: role } } : object,
  );
  await applyDefinitions(files.kubeconfig, objects);
  await applyAll(openApi(files.kubeconfig), [bindAccount(operatorAccount, role)]);
  const kubeconfig = path.join(files.home, "vault-operator.kubeconfig");
  const logins = [
    { name: operatorAccount.name, token: await requestToken(files, operatorAccount) },
  ];
  writeKubeconfig(kubeconfig, { files, ports, logins });
  startInBackground({
    ...files.of("vault-operator"),
    command: tools.program,
    args: [
      "--metrics-bind-address=0",
      "--health-probe-bind-address=0",
      "--leader-elect=false",
      // It keeps its logins to Vault over a restart.
      "--client-cache-persistence-model=direct-encrypted",
      "--backoff-initial-interval=500ms",
      "--backoff-max-interval=2s",
    ],
    env: { KUBECONFIG: kubeconfig, OPERATOR_NAMESPACE: operatorAccount.namespace },
  });
}
