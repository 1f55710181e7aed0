import { freePort } from "../../../dev/postgres/ports.ts";
import type { Row } from "../trial.ts";
import { ofPod, podNamed, selector, service, throughCluster, twoPods } from "./cluster-case.ts";

/** Fixes of the way to a Pod, and of the local port. */

const targetRows: readonly Row[] = [
  {
    fix: "… describe pod …",
    when: "the Pod does not run",
    arrange: ofPod({ phase: "Failed" }, { ...podNamed("postgres-0"), port: 15999 }),
  },
  {
    fix: "… describe pod …",
    when: "the Pod has no port of that name",
    arrange: ofPod({ portNames: {} }),
  },
  { fix: "… get pods -l …", when: "no Pod is ready", arrange: ofPod({ isReady: false }) },
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

export const tunnelRows: readonly Row[] = [...targetRows, ...portRows, ...podRows];
