import { Client } from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openEndpoint } from "../../components/tunnel/endpoint.ts";
import { berthRights } from "../../dev/cluster/objects.ts";
import { plainTls } from "../tunnel/cluster.ts";
import { ClusterBed } from "./cluster-bed.ts";

/** A Service whose endpoints somebody else writes, as Patroni does, behind a real API server. */

const where = "db-primary";
let cluster: ClusterBed;

beforeAll(async () => {
  cluster = await ClusterBed.open(where);
  const targetRef = { kind: "Pod", name: "postgres-postgresql-0", namespace: where };
  await cluster.applyAll([
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "main", namespace: where },
      spec: { ports: [{ port: 5432 }] },
    },
    {
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: {
        name: "main",
        namespace: where,
        labels: { "kubernetes.io/service-name": "main" },
      },
      addressType: "IPv4",
      ports: [{ port: 5432 }],
      endpoints: [{ addresses: ["192.0.2.10"], conditions: { ready: true }, targetRef }],
    },
  ]);
});

afterAll(async () => {
  await cluster.close();
});

/** The port of the server that the Service leads to. */
async function askPort(): Promise<unknown> {
  const target = { kind: "service", name: "main" } as const;
  const spec = { ...cluster.endpointSpec(), namespace: where, target };
  const { password } = cluster.bed.sandbox.superuser;
  const endpoint = await openEndpoint(spec, plainTls);
  const login = { user: "postgres", password, database: "postgres" };
  const client = new Client({ ...login, stream: () => endpoint.stream() });
  try {
    await client.connect();
    return (await client.query<{ port: string }>("show port")).rows[0]?.port;
  } finally {
    await client.end().catch(() => undefined);
    await endpoint.close();
  }
}

it("is followed with the rights of docs/delivery/primary.md, and not with fewer", async () => {
  await cluster.applyAll(berthRights(where));
  await expect(askPort()).rejects.toThrow("not allowed to list endpointslices");
  await cluster.applyAll(berthRights(where, true));
  expect(await askPort()).toBe(String(cluster.bed.sandbox.superuser.port));
});
