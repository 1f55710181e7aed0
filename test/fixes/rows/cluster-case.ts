import type { KubeTargetSpec } from "../../../components/config/spec/postgres.ts";
import { openEndpoint } from "../../../components/tunnel/endpoint.ts";
import {
  type Cluster,
  labels,
  plainTls,
  startCluster,
  toKubeconfig,
} from "../../tunnel/cluster.ts";
import { echo } from "../../tunnel/exchange.ts";
import { writeKubeconfig } from "../../tunnel/refusal.ts";
import type { Row } from "../trial.ts";

export type Changes = Parameters<Cluster["spec"]>[0];

/** What is wrong with a cluster or its kubeconfig, and what a fix changes. */
export interface Case {
  readonly break: (cluster: Cluster) => Changes | undefined | Promise<Changes | undefined>;
  readonly repair: (
    cluster: Cluster,
    fix: string,
    message: string,
  ) => Changes | undefined | Promise<Changes | undefined>;
  readonly listens?: boolean;
}

export const patience = { attempts: 1, backoffMs: 5, timeoutMs: 2_000 };

export function throughCluster({ break: breakIt, repair, listens = false }: Case): Row["arrange"] {
  return async () => {
    const cluster = await startCluster();
    let changes = (await breakIt(cluster)) ?? {};
    return {
      run: async () => {
        const endpoint = await openEndpoint(cluster.spec(changes), plainTls, { patience, listens });
        try {
          await echo(await endpoint.connect(), "hello");
        } finally {
          await endpoint.close();
        }
      },
      repair: async (fix, message) => {
        changes = (await repair(cluster, fix, message)) ?? {};
      },
      end: () => cluster.stop(),
    };
  };
}

/** A kubeconfig that is edited. */
export const ofKubeconfig = (edit: (config: Kubeconfig) => void): Row["arrange"] =>
  throughCluster({
    break: (cluster) => {
      const config = JSON.parse(toKubeconfig(cluster.api.url, cluster.api.token)) as Kubeconfig;
      edit(config);
      return { kubeconfig: writeKubeconfig(cluster, JSON.stringify(config)) };
    },
    repair: () => undefined,
  });

export interface Kubeconfig {
  "current-context"?: string;
  readonly clusters: { cluster: { server: string } }[];
  readonly contexts: { context: { user: string } }[];
  readonly users: { user: Record<string, unknown> }[];
}

export const service = (name: string): { target: KubeTargetSpec } => ({
  target: { kind: "service", name },
});
export const selector = (name: string): { target: KubeTargetSpec } => ({
  target: { kind: "selector", name },
});
export const podNamed = (name: string): { target: KubeTargetSpec } => ({
  target: { kind: "pod", name },
});

/** Puts the Pod back as it was. */
const keepPod = (cluster: Cluster) => {
  const pod = cluster.api.pods.get("postgres-0") ?? { ports: {} };
  return {
    pod,
    change: (more: object) => void cluster.api.pods.set("postgres-0", { ...pod, ...more }),
  };
};

/** A Pod that is not as it must be; the fix shows it, and then it is put right. */
export const ofPod = (more: object, changes: Changes = {}): Row["arrange"] => {
  let pod: ReturnType<typeof keepPod>;
  return throughCluster({
    break: (cluster) => {
      pod = keepPod(cluster);
      pod.change(more);
      return changes;
    },
    repair: () => {
      pod.change({});
      return changes;
    },
  });
};

export const twoPods = (cluster: Cluster): void => {
  const { pod } = keepPod(cluster);
  cluster.api.pods.set("postgres-0", { ...pod, labels: { ...labels, role: "replica" } });
  const ports = { 5432: cluster.backend.port };
  cluster.api.pods.set("postgres-1", { labels: { ...labels, role: "primary" }, ports });
  cluster.api.services.set("main", { ports: [{ port: 5432, targetPort: 5432 }] });
};
