/** The parts of a test cluster: programs and definitions, built or downloaded when needed. */
import { existsSync } from "node:fs";
import { openCache, placeOf } from "./cache.ts";
import { crdFolder, extractCrds, vaultOperatorSources } from "./crds.ts";
import { ensureToolchain, type Toolchain } from "./ensure.ts";
import { withLock } from "./lock.ts";
import { clusterParts, type PartName, partNamed, vaultParts } from "./parts.ts";

/** Paths of the programs, and of the folder with the CustomResourceDefinitions. */
export interface ClusterTools {
  readonly etcd: string;
  readonly apiServer: string;
  readonly kwok: string;
  readonly operator: string;
  readonly crds: string;
}

export interface ClusterToolchain extends Toolchain {
  readonly cluster: ClusterTools;
}

/** Gets all missing parts. If none is missing, it only reads a few files. */
export async function ensureClusterToolchain(
  report: (line: string) => void,
  parts: readonly PartName[] = [],
): Promise<ClusterToolchain> {
  const toolchain = await ensureToolchain(report, [...parts, ...clusterParts]);
  const crds = await ensureCrds(report);
  return {
    ...toolchain,
    cluster: {
      etcd: programOf("etcd"),
      apiServer: programOf("kube-apiserver"),
      kwok: programOf("kwok"),
      operator: programOf("operator"),
      crds,
    },
  };
}

/** Gets the Vault server, and the plugin for what is inside it. @returns the server's path */
export async function ensureVaultServer(report: (line: string) => void): Promise<string> {
  await ensureToolchain(report, vaultParts);
  return programOf("vault-server");
}

/** The Vault Secrets Operator, and what it needs in a cluster. */
export interface VaultOperatorTools {
  readonly program: string;
  /** Folder with definitions, and with the operator's rights in role.yaml. */
  readonly crds: string;
}

export async function ensureVaultOperator(
  report: (line: string) => void,
): Promise<VaultOperatorTools> {
  await ensureToolchain(report, ["vault-operator"]);
  return {
    program: programOf("vault-operator"),
    crds: await ensureCrds(report, vaultOperatorSources),
  };
}

/** Gets definitions. @returns their folder */
async function ensureCrds(
  report: (line: string) => void,
  sources?: typeof vaultOperatorSources,
): Promise<string> {
  const cache = openCache();
  const crds = crdFolder(cache, sources);
  if (!existsSync(crds)) {
    await withLock(cache.lock, report, async (say) => {
      say("fetching the CRDs of what Berth emits (150 MB of Go modules)");
      await extractCrds(cache, sources);
    });
  }
  return crds;
}

function programOf(name: PartName): string {
  return placeOf(openCache(), partNamed(name));
}
