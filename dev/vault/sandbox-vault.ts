import { writeFileSync } from "node:fs";
import path from "node:path";
import { rootCertificates } from "node:tls";
import { printError } from "../../cli/print.ts";
import { ensureVaultServer } from "../../toolchain/cluster.ts";
import { openSandbox, type Sandbox, vaultHomeOf } from "../sandbox.ts";
import { readVaultOfStack } from "../stack-file.ts";
import { ensureVaultLogin } from "./login.ts";
import { startVault } from "./server.ts";

/** Starts the Vault of a sandbox and makes the sandbox's stack use it. */
export async function openSandboxVault(
  options: Parameters<typeof openSandbox>[0],
  program: string,
): Promise<Sandbox> {
  const home = vaultHomeOf(options.home);
  const vault = await startVault({ home, program });
  // Vault reads the file when its config is written. No cluster is asked before somebody logs in with its token.
  const caFile = path.join(home, "kubernetes-ca.pem");
  writeFileSync(caFile, `${rootCertificates[0] ?? ""}\n`);
  const kubernetes = "https://kubernetes.default.svc";
  const sandbox = await openSandbox({
    ...options,
    vault: { address: vault.address, caFile, kubernetes },
  });
  await ensureVaultLogin(sandbox);
  // What a run of Pulumi and the verbs need to reach Vault; it holds Vault's token.
  const way = { VAULT_ADDR: vault.address, VAULT_TOKEN: vault.rootToken };
  return { ...sandbox, env: { ...sandbox.env, ...way } };
}

/** The sandbox, with its Vault started again if its stack uses one. */
export async function reopenVault(sandbox: Sandbox): Promise<Sandbox> {
  if (readVaultOfStack(sandbox.stackFile) === undefined) return sandbox;
  return await openSandboxVault({ home: sandbox.home }, await ensureVaultServer(printError));
}

/** The sandbox with a stack that uses no Vault. One that it used is needed to delete the objects in it. */
export async function leaveVault(sandbox: Sandbox): Promise<Sandbox> {
  if (readVaultOfStack(sandbox.stackFile) === undefined) return sandbox;
  const { env } = await reopenVault(sandbox);
  return { ...(await openSandbox({ home: sandbox.home, vault: "none" })), env };
}
