/** The parts of a test cluster: programs and definitions, built or downloaded when needed. */
import { existsSync } from "node:fs";
import { openCache, placeOf } from "./cache.ts";
import { crdFolder, extractCrds } from "./crds.ts";
import { ensureToolchain, type Toolchain } from "./ensure.ts";
import { withLock } from "./lock.ts";
import { clusterParts, type PartName, partNamed } from "./parts.ts";

/** Paths of the programs, and of the folder with the CustomResourceDefinitions. */
export interface ClusterTools {
  readonly etcd: string;
  readonly apiServer: string;
  readonly kwok: string;
  readonly operator: string;
  readonly crds: string;
}

/** Pulumi with its plugins, and the programs of the cluster. */
export interface ClusterToolchain extends Toolchain {
  readonly cluster: ClusterTools;
}

/** Gets all missing parts. If none is missing, it only reads a few files. */
export async function ensureClusterToolchain(
  report: (line: string) => void,
  parts: readonly PartName[] = [],
): Promise<ClusterToolchain> {
  const toolchain = await ensureToolchain({ parts: [...parts, ...clusterParts], report });
  const cache = openCache();
  const crds = crdFolder(cache);
  if (!existsSync(crds)) {
    await withLock(cache.lock, report, async (say) => {
      say("fetching the CRDs of what Berth emits (150 MB of Go modules)");
      await extractCrds(cache);
    });
  }
  const programOf = (name: PartName): string => placeOf(cache, partNamed(name));
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
