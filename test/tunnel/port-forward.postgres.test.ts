import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Client, type ClientConfig } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { TlsSpec } from "../../components/config/spec/postgres.ts";
import { pgTlsOptions } from "../../components/postgres/server/tls.ts";
import { type Endpoint, openEndpoint } from "../../components/tunnel/endpoint.ts";
import { giveTo } from "../../dev/postgres/place.ts";
import { freePort } from "../../dev/postgres/ports.ts";
import { preparePostgres } from "../../dev/postgres/prepare.ts";
import { findSystemUser } from "../../dev/postgres/run-as.ts";
import { removeServer, startServer } from "../../dev/postgres/server.ts";
import { useFolder } from "../fakes/folder.ts";
import { issue } from "./certificate.ts";
import { type Cluster, labels, startCluster } from "./cluster.ts";

const name = "postgres-postgresql.db-postgres.svc";
const password = "only-for-this-test";
const folder = useFolder("tunnel-pg");
const home = join(folder, "home");
const tls: TlsSpec = { mode: "verify-full", caFile: join(folder, "ca.pem"), serverName: name };

let cluster: Cluster;
let endpoint: Endpoint;

beforeAll(async () => {
  const ca = issue("Test CA");
  const { cert, key } = issue(name, { issuer: ca });
  const files = { "ca.pem": ca.cert, "server.pem": cert, "server.key": key };
  const user = findSystemUser();
  giveTo(folder, user);
  for (const [file, text] of Object.entries(files)) {
    writeFileSync(join(folder, file), text, { mode: 0o600 });
    giveTo(join(folder, file), user);
  }
  await preparePostgres({ home, superuserPassword: password });
  const settings = {
    ssl: "on",
    ssl_cert_file: join(folder, "server.pem"),
    ssl_key_file: join(folder, "server.key"),
  };
  const { port } = await startServer({ home, port: await freePort(), settings });
  cluster = await startCluster();
  const portNames = { "tcp-postgresql": 5432 };
  cluster.api.pods.set("postgres-0", { labels, portNames, ports: { 5432: port } });
  endpoint = await openEndpoint(cluster.spec(), tls, { listens: true });
}, 60_000);

afterAll(async () => {
  await endpoint.close();
  await cluster.stop();
  await removeServer(home);
}, 30_000);

async function login(more: ClientConfig = {}): Promise<Client> {
  const client = new Client({
    host: endpoint.host,
    port: endpoint.port,
    user: "postgres",
    database: "postgres",
    password,
    ssl: pgTlsOptions(tls),
    connectionTimeoutMillis: 5_000,
    stream: () => endpoint.stream(),
    ...more,
  });
  client.on("error", () => undefined);
  await client.connect();
  return client;
}

const isTls = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
const throughPort = { stream: undefined } as unknown as ClientConfig;

test("a real server is logged in to with verify-full, through the stream and the local port", async () => {
  for (const way of [{}, throughPort]) {
    const client = await login(way);
    expect((await client.query(isTls)).rows).toEqual([{ ssl: true }]);
    await client.end();
  }
});

test("a TLS client that leaves takes no other connection with it", async () => {
  const stays = await login();
  for (let i = 0; i < 10; i += 1) {
    const leaves = await login(i % 2 === 0 ? {} : throughPort);
    await leaves.end();
  }
  const { rows } = await stays.query("SELECT repeat('x', 3000000) AS long");
  expect((rows as { long: string }[])[0]?.long).toHaveLength(3_000_000);
  await stays.end();
});
