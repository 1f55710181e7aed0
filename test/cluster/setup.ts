import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { TestProject } from "vitest/node";
import { openCluster } from "../../dev/cluster/cluster.ts";
import { removeCluster } from "../../dev/cluster/stop.ts";
import { type ClusterTools, ensureClusterToolchain } from "../../toolchain/cluster.ts";
import { testParts } from "../../toolchain/parts.ts";

declare module "vitest" {
  interface ProvidedContext {
    readonly cluster: { readonly home: string; readonly kubeconfig: string };
    readonly clusterTools: ClusterTools;
  }
}

/** One cluster for all files of the project; each of them brings its own Postgres into it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  // All of it here and not in a test, which has a time limit: the plugin alone may take twenty minutes.
  const parts = [...testParts, "kubernetes"] as const;
  const { cluster: tools } = await ensureClusterToolchain((line) => {
    process.stderr.write(`${line}\n`);
  }, parts);
  const home = mkdtempSync(path.join(tmpdir(), "berth-cluster-"));
  const { kubeconfig } = await openCluster({ home, tools, owner: process.pid });
  project.provide("cluster", { home, kubeconfig });
  project.provide("clusterTools", tools);
  return () => removeCluster(home);
}
