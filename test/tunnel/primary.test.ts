import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openEndpoint } from "../../components/tunnel/endpoint.ts";
import { findProblems, writeStack } from "../fakes/stack.ts";
import { type Cluster, plainTls, startCluster } from "./cluster.ts";
import { refusal } from "./refusal.ts";

/**
 * The primary of a cluster of several Postgres servers. Patroni and its operators have a Service without a selector,
 * whose endpoints they write themselves, and a label on the primary's Pod.
 */

let cluster: Cluster;

beforeEach(async () => {
  cluster = await startCluster();
  const ports = { 5432: cluster.backend.port };
  for (const [name, role] of [
    ["main-0", "replica"],
    ["main-1", "primary"],
  ] as const) {
    cluster.api.pods.set(name, { labels: { "cluster-name": "main", role }, ports });
  }
  cluster.api.services.set("main", { ports: [{ port: 5432, targetPort: 5432 }] });
});

afterEach(async () => {
  await cluster.stop();
});

const slicesPath = "/apis/discovery.k8s.io/v1/namespaces/db-postgres/endpointslices";

interface Slice {
  readonly ports?: readonly { readonly name?: string; readonly port: number }[];
  readonly endpoints?: readonly object[];
}

function follow(...items: readonly Slice[]): void {
  cluster.api.extensions.set(slicesPath, { items });
}

const podRef = (name: string) => ({ targetRef: { kind: "Pod", name, uid: "5d1f" } });
const service = { target: { kind: "service", name: "main" } } as const;
const selector = (name: string) => ({ target: { kind: "selector", name } }) as const;

async function reached(changes: Parameters<Cluster["spec"]>[0]): Promise<string | undefined> {
  const endpoint = await openEndpoint(cluster.spec(changes), plainTls);
  await endpoint.connect();
  await endpoint.close();
  return cluster.api.requests.at(-1);
}

describe("a Service without a selector", () => {
  test.each([
    ["the Pod of its endpoint", [{ ports: [{ port: 5432 }], endpoints: [podRef("main-1")] }]],
    [
      "the ready one of several",
      [
        {
          ports: [{ name: "", port: 5432 }],
          endpoints: [
            { ...podRef("main-0"), conditions: { ready: false } },
            { ...podRef("main-1"), conditions: { ready: true } },
          ],
        },
      ],
    ],
    ["one in the second slice", [{}, { ports: [{ port: 5432 }], endpoints: [podRef("main-1")] }]],
    [
      "the Service's own port where the endpoint's has another name",
      [{ ports: [{ name: "postgresql", port: 8008 }], endpoints: [podRef("main-1")] }],
    ],
  ] as const)("leads to %s", async (_, items) => {
    follow(...items);
    expect(await reached(service)).toBe("UPGRADE pods/main-1");
  });

  test("leads to the new primary after a failover, in the next run", async () => {
    follow({ ports: [{ port: 5432 }], endpoints: [podRef("main-0")] });
    expect(await reached(service)).toBe("UPGRADE pods/main-0");
    follow({ ports: [{ port: 5432 }], endpoints: [podRef("main-1")] });
    expect(await reached(service)).toBe("UPGRADE pods/main-1");
  });

  test.each([
    ["it has none", [], "no-ready-pod", "has no selector and has no ready endpoint"],
    [
      "none is ready",
      [{ endpoints: [{ ...podRef("main-1"), conditions: { ready: false } }] }],
      "no-ready-pod",
      "has no selector and has no ready endpoint",
    ],
    [
      "they are addresses outside",
      [{ endpoints: [{ addresses: ["192.0.2.1"] }] }],
      "not-found",
      "has no selector and leads to addresses, not to a Pod",
    ],
  ] as const)("fails where %s, with what works", async (_, items, kind, message) => {
    follow(...items);
    const error = await refusal(cluster, service);
    expect(error.kind).toBe(kind);
    expect(error.message).toContain(
      `Service "main" in namespace "db-postgres" (context "home") ${message}`,
    );
    expect(error.hint).toContain(
      "name the primary's labels in berth:postgres.endpoint.kubernetes.selector",
    );
    expect(error.hint).toContain("get endpointslices -l kubernetes.io/service-name=main");
  });

  test("of another host fails, and says which", async () => {
    const spec = { type: "ExternalName", externalName: "db.example.org", ports: [{ port: 5432 }] };
    cluster.api.extensions.set("/api/v1/namespaces/db-postgres/services/main", { spec });
    const error = await refusal(cluster, service);
    expect(error.message).toContain(
      'Service "main" in namespace "db-postgres" (context "home") stands for db.example.org',
    );
    expect(error.hint).toContain("use a direct endpoint with that host");
  });
});

describe("a selector", () => {
  test("leads to the one Pod that has the labels", async () => {
    expect(await reached(selector("cluster-name=main,role=primary"))).toBe("UPGRADE pods/main-1");
  });

  test("fails where several Pods have them, since one may be a standby", async () => {
    const error = await refusal(cluster, selector("cluster-name=main"));
    expect(error.message).toContain(
      'several ready Pods in namespace "db-postgres" (context "home") have the labels cluster-name=main: main-0, main-1',
    );
    expect(error.hint).toContain("add the label that only the primary has");
  });

  test("fails where no Pod has them", async () => {
    const error = await refusal(cluster, selector("role=leader"));
    expect(error.kind).toBe("no-ready-pod");
    expect(error.message).toContain("no Pod has the labels role=leader");
    expect(error.hint).toContain("get pods -l role=leader");
  });

  test("is described with the command that shows its Pods", async () => {
    const endpoint = await openEndpoint(cluster.spec(selector("role=primary")), plainTls);
    expect(endpoint.description).toBe("pods -l role=primary:5432 in db-postgres (context home)");
    expect(endpoint.testCommand).toMatch(/ -n db-postgres get pods -l role=primary$/);
    await endpoint.close();
  });
});

describe("in a stack file a selector", () => {
  const problems = (kubernetes: object, more: object = {}) =>
    findProblems(
      writeStack({}, { endpoint: { kubernetes: { namespace: "db", ...kubernetes } }, ...more }),
    );
  const host = { service: { host: "main.db.svc" } };

  test.each(["role=primary", "cluster-name=main,role=primary", "app.kubernetes.io/name=pg,x="])(
    "may be %s",
    (text) => {
      expect(problems({ selector: text }, host)).toEqual([]);
    },
  );

  test.each([
    ["primary", host, "is not a list of labels; write it as cluster-name=main,role=primary"],
    ["role in (a)", host, "is not a list of labels"],
    ["", host, "is not a list of labels"],
    ["role=primary", {}, "with endpoint.kubernetes.selector give service.host"],
  ])("cannot be %j with %j", (text, more, problem) => {
    expect(problems({ selector: text }, more).join("\n")).toContain(problem);
  });

  test("stands alone", () => {
    expect(problems({ selector: "a=b", service: "x" }, host).join("\n")).toContain(
      "give one of `service`, `pod` and `selector`",
    );
  });
});
