import http from "node:http";
import type { AddressInfo } from "node:net";
import { vi } from "vitest";
import type { KubeTargetSpec } from "../../components/config/spec/postgres.ts";
import { openEndpoint } from "../../components/tunnel/endpoint.ts";
import { freePort } from "../../dev/postgres/ports.ts";
import { type Cluster, labels, plainTls, startCluster, toKubeconfig } from "../tunnel/cluster.ts";
import { echo } from "../tunnel/exchange.ts";
import { writeKubeconfig } from "../tunnel/refusal.ts";
import type { Row } from "./trial.ts";

/** Fixes of the way through a cluster: the kubeconfig, the API server, the Pod and the local port. */

type Changes = Parameters<Cluster["spec"]>[0];

/** What is wrong with a cluster or its kubeconfig, and what a fix changes. */
interface Case {
  readonly break: (cluster: Cluster) => Changes | void | Promise<Changes | void>;
  readonly repair: (
    cluster: Cluster,
    fix: string,
    message: string,
  ) => Changes | void | Promise<Changes | void>;
  readonly listens?: boolean;
}

const patience = { attempts: 1, backoffMs: 5, timeoutMs: 2_000 };

function throughCluster({ break: breakIt, repair, listens = false }: Case): Row["arrange"] {
  return async () => {
    const cluster = await startCluster();
    let changes = (await breakIt(cluster)) ?? {};
    return {
      run: async () => {
        const endpoint = await openEndpoint(cluster.spec(changes), plainTls, { patience, listens });
        const talk = async () => echo(await endpoint.connect(), "hello");
        await talk().finally(() => endpoint.close());
      },
      repair: async (fix, message) => {
        changes = (await repair(cluster, fix, message)) ?? {};
      },
      end: () => cluster.stop(),
    };
  };
}

/** A kubeconfig that is edited. */
const ofKubeconfig = (edit: (config: Kubeconfig) => void): Row["arrange"] =>
  throughCluster({
    break: (cluster) => {
      const config = JSON.parse(toKubeconfig(cluster.api.url, cluster.api.token)) as Kubeconfig;
      edit(config);
      return { kubeconfig: writeKubeconfig(cluster, JSON.stringify(config)) };
    },
    repair: () => undefined,
  });

interface Kubeconfig {
  "current-context"?: string;
  readonly contexts: { context: { user: string } }[];
  readonly users: { user: Record<string, unknown> }[];
}

const service = (name: string): { target: KubeTargetSpec } => ({
  target: { kind: "service", name },
});
const selector = (name: string): { target: KubeTargetSpec } => ({
  target: { kind: "selector", name },
});
const podNamed = (name: string): { target: KubeTargetSpec } => ({ target: { kind: "pod", name } });

/** Puts the Pod back as it was. */
const keepPod = (cluster: Cluster) => {
  const pod = cluster.api.pods.get("postgres-0") ?? { ports: {} };
  return {
    pod,
    change: (more: object) => void cluster.api.pods.set("postgres-0", { ...pod, ...more }),
  };
};

/** A Pod that is not as it must be; the fix shows it, and then it is put right. */
const ofPod = (more: object, changes: Changes = {}): Row["arrange"] => {
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

const twoPods = (cluster: Cluster): void => {
  const { pod } = keepPod(cluster);
  cluster.api.pods.set("postgres-0", { ...pod, labels: { ...labels, role: "replica" } });
  const ports = { 5432: cluster.backend.port };
  cluster.api.pods.set("postgres-1", { labels: { ...labels, role: "primary" }, ports });
  cluster.api.services.set("main", { ports: [{ port: 5432, targetPort: 5432 }] });
};

const kubeconfigRows: readonly Row[] = [
  {
    fix: "correct ….kubeconfig, or leave it out to use KUBECONFIG or ~/.kube/config",
    when: "the file is not there",
    arrange: throughCluster({
      break: () => ({ kubeconfig: "/nowhere/config" }),
      repair: (cluster) => {
        vi.stubEnv("KUBECONFIG", cluster.kubeconfig);
        return { kubeconfig: undefined };
      },
    }),
  },
  {
    fix: "set KUBECONFIG or ….kubeconfig",
    when: "none is there",
    arrange: throughCluster({
      break: () => {
        vi.stubEnv("KUBECONFIG", "/nowhere/config");
        return { kubeconfig: undefined };
      },
      repair: () => ({}),
    }),
  },
  {
    fix: "kubectl --kubeconfig … config view",
    when: "it is something else",
    arrange: throughCluster({
      break: (cluster) => ({ kubeconfig: writeKubeconfig(cluster, "[a]") }),
      repair: () => undefined,
    }),
  },
  {
    fix: "set ….context to one of them",
    when: "the context is mistyped",
    arrange: throughCluster({
      break: () => ({ context: "hoem" }),
      repair: (_, __, message) => ({ context: /it has: (\w+)/.exec(message)?.[1] }),
    }),
  },
  {
    fix: "kubectl config view",
    when: "a context names a user that is not there",
    arrange: ofKubeconfig(({ contexts }) => {
      for (const { context } of contexts) context.user = "bob";
    }),
  },
].map((row) => ({ file: "components/kubernetes/kubeconfig.ts", ...row }));

/** Something else answers where the API server should. */
const ofOtherServer: Row["arrange"] = async () => {
  const cluster = await startCluster();
  const other = http.createServer((_, response) => response.end("<html>"));
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  const { port } = other.address() as AddressInfo;
  const text = toKubeconfig(`http://127.0.0.1:${String(port)}`, "t");
  let kubeconfig = writeKubeconfig(cluster, text);
  return {
    run: async () => {
      const endpoint = await openEndpoint(cluster.spec({ kubeconfig }), plainTls, { patience });
      await endpoint.connect().finally(() => endpoint.close());
    },
    repair: () => {
      kubeconfig = cluster.kubeconfig;
    },
    end: async () => {
      other.close();
      await cluster.stop();
    },
  };
};

const requestRows: readonly Row[] = [
  {
    file: "components/kubernetes/access.ts",
    fix: "… cluster-info",
    when: "something else answers",
    arrange: ofOtherServer,
  },
  {
    file: "components/kubernetes/credentials.ts",
    fix: "say in `as` of this user in the kubeconfig who they belong to",
    when: "groups belong to nobody",
    arrange: ofKubeconfig(({ users: [alice] }) => {
      if (alice !== undefined) alice.user["as-groups"] = ["dbas"];
    }),
  },
  {
    file: "components/kubernetes/credentials.ts",
    fix: "set interactiveMode to IfAvailable",
    when: "a plugin asks people",
    arrange: ofKubeconfig(({ users: [alice] }) => {
      if (alice === undefined) return;
      alice.user = { exec: { command: "./login", interactiveMode: "Always" } };
    }),
  },
  {
    file: "components/kubernetes/failure.ts",
    fix: "log in to the cluster again",
    when: "the credential is refused",
    arrange: throughCluster({
      break: (cluster) => ({
        kubeconfig: writeKubeconfig(cluster, toKubeconfig(cluster.api.url, "expired")),
      }),
      repair: () => undefined,
    }),
  },
  {
    file: "components/kubernetes/failure.ts",
    fix: "see what there is: … get …; then correct berth:postgres.endpoint.kubernetes",
    when: "there is no such Service",
    arrange: throughCluster({ break: () => service("pg"), repair: () => undefined }),
  },
  ...["get services", "list pods", "get pods/portforward"].map((right) => ({
    file: "components/kubernetes/failure.ts",
    fix: "have a … with … on … bound to this user; test with: … auth can-i …",
    when: `the right to ${right} is missing`,
    arrange: throughCluster({
      break: ({ api }) => void api.denied.add(right),
      // What the fix says to grant, and nothing else.
      repair: ({ api }, fix) => {
        const [, resource = ""] = /verbs? .*? on (\S+) bound/.exec(fix) ?? [];
        for (const [, verb = ""] of fix.matchAll(/"(\w+)"/g))
          api.denied.delete(`${verb} ${resource}`);
      },
    }),
  })),
  {
    file: "components/kubernetes/failure.ts",
    fix: "… get pods",
    when: "the API server fails",
    arrange: throughCluster({
      break: ({ api }) => void api.failures.push({ status: 500, body: "" }),
      repair: () => undefined,
    }),
  },
  {
    file: "components/kubernetes/failure.ts",
    fix: "… cluster-info",
    when: "the API server is away",
    arrange: throughCluster({
      break: async (cluster) => ({
        kubeconfig: writeKubeconfig(
          cluster,
          toKubeconfig(`http://127.0.0.1:${String(await freePort())}`, "t"),
        ),
      }),
      repair: () => undefined,
    }),
  },
];

const targetRows: readonly Row[] = [
  {
    fix: "… -n … describe pod …",
    when: "the Pod does not run",
    arrange: ofPod({ phase: "Failed" }, { ...podNamed("postgres-0"), port: 15999 }),
  },
  {
    fix: "… -n … describe pod …",
    when: "the Pod has no port of that name",
    arrange: ofPod({ portNames: {} }),
  },
  { fix: "… -n … get pods -l …", when: "no Pod is ready", arrange: ofPod({ isReady: false }) },
  {
    fix: "set berth:postgres.endpoint.kubernetes.port to one of them",
    when: "the Service has another port",
    arrange: throughCluster({
      break: () => ({ port: 5433 }),
      repair: (_, __, message) => ({ port: Number(/it has: (\d+)/.exec(message)?.[1]) }),
    }),
  },
  {
    fix: "add the label that only the primary has to berth:postgres.endpoint.kubernetes.selector",
    when: "several Pods have the labels",
    arrange: throughCluster({
      break: (cluster) => {
        twoPods(cluster);
        return selector("app=postgres");
      },
      repair: () => selector("app=postgres,role=primary"),
    }),
  },
  {
    fix: "name the primary's labels in berth:postgres.endpoint.kubernetes.selector",
    when: "the Service selects nothing",
    arrange: throughCluster({
      break: (cluster) => {
        twoPods(cluster);
        const path = "/apis/discovery.k8s.io/v1/namespaces/db-postgres/endpointslices";
        cluster.api.extensions.set(path, { items: [] });
        return service("main");
      },
      repair: () => selector("role=primary"),
    }),
  },
  {
    fix: "use a direct endpoint with that host, or name another Service",
    when: "the Service stands for another host",
    arrange: throughCluster({
      break: (cluster) => {
        twoPods(cluster);
        const spec = {
          type: "ExternalName",
          externalName: "db.example.org",
          ports: [{ port: 5432 }],
        };
        cluster.api.extensions.set("/api/v1/namespaces/db-postgres/services/main", { spec });
        return service("main");
      },
      repair: () => service("postgres-postgresql"),
    }),
  },
].map((row) => ({ file: "components/tunnel/target.ts", ...row }));

const portRows: readonly Row[] = [
  {
    file: "components/tunnel/local-port.ts",
    fix: "end that process (lsof -nP -iTCP:… -sTCP:LISTEN shows it; an earlier run or a kubectl port-forward?), or set … to a free port",
    when: "somebody has the port",
    arrange: throughCluster({
      listens: true,
      break: ({ backend }) => ({ localPort: backend.port }),
      repair: async () => ({ localPort: await freePort() }),
    }),
  },
];

const podRows: readonly Row[] = [
  ["… -n … logs … --tail=20", "nothing listens in the Pod", "dial tcp: connection refused"],
  ["… -n … get pods", "the Pod is gone", "pod not found"],
  ["run the same command again; what was done is found and kept", "the way breaks", "lost"],
].map(([fix = "", when = "", text = ""]) => ({
  file: "components/tunnel/pod-failure.ts",
  fix,
  when,
  arrange: throughCluster({
    break: ({ api }) => void api.podErrors.push(text),
    repair: () => undefined,
  }),
}));

export const kubernetesRows: readonly Row[] = [
  ...kubeconfigRows,
  ...requestRows,
  ...targetRows,
  ...portRows,
  ...podRows,
];
