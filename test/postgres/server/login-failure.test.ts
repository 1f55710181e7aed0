import { writeFileSync } from "node:fs";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { Client, type ClientConfig } from "pg";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { StackConfig } from "../../../components/config/schema/stack.ts";
import type { TlsSpec } from "../../../components/config/spec/postgres.ts";
import type { BerthError } from "../../../components/errors.ts";
import { explainLoginFailure } from "../../../components/postgres/server/login-failure.ts";
import { pgTlsOptions } from "../../../components/postgres/server/tls.ts";
import { type Endpoint, openEndpoint } from "../../../components/tunnel/endpoint.ts";
import { freePort } from "../../../dev/postgres/ports.ts";
import { useFolder } from "../../fakes/folder.ts";
import { issue } from "../../tunnel/certificate.ts";
import { type Backend, plainTls, startBackend, startCluster } from "../../tunnel/cluster.ts";
import { type FakeLogin, servePostgres } from "../../tunnel/fake-postgres.ts";

const name = "postgres-postgresql.db-postgres.svc";
const ca = issue("Test CA");
const certificate = issue(name, { issuer: ca });
const folder = useFolder("tls");
const verified: TlsSpec = { mode: "verify-full", caFile: join(folder, "ca.pem"), serverName: name };
const login = { user: "postgres", database: "postgres", item: "Homelab/postgres-admin" };
const password = "p4ss-w0rd";
const stops: (() => Promise<void>)[] = [];

beforeAll(() => {
  writeFileSync(join(folder, "ca.pem"), ca.cert);
});

afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

async function attempt(
  endpoint: Endpoint,
  tls: TlsSpec,
  more: ClientConfig = {},
): Promise<BerthError | undefined> {
  const client = new Client({
    host: endpoint.host,
    port: endpoint.port,
    stream: () => endpoint.stream(),
    ssl: pgTlsOptions(tls),
    connectionTimeoutMillis: 1_500,
    user: login.user,
    database: login.database,
    password,
    ...more,
  });
  client.on("error", () => undefined);
  try {
    await client.connect();
    return undefined;
  } catch (error) {
    const explained = explainLoginFailure(error, endpoint, { ...login, timeoutSeconds: 1.5 });
    expect(explained.message).not.toContain(password);
    if (explained !== error) expect(explained.cause).toBe(error);
    return explained;
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function direct(serve: Parameters<typeof startBackend>[0], tls: TlsSpec): Promise<Endpoint> {
  const backend: Backend = await startBackend(serve);
  const endpoint = await openEndpoint(
    { kind: "direct", host: "127.0.0.1", port: backend.port },
    tls,
  );
  stops.push(
    () => endpoint.close(),
    () => backend.stop(),
  );
  return endpoint;
}

async function tunnelled(answers: FakeLogin, tls: TlsSpec): Promise<Endpoint> {
  const cluster = await startCluster(servePostgres(answers));
  const endpoint = await openEndpoint(cluster.spec(), tls, { listens: true });
  stops.push(
    () => endpoint.close(),
    () => cluster.stop(),
  );
  return endpoint;
}

describe("TLS", () => {
  test("verify-full holds through the tunnel's stream and through its local port", async () => {
    const endpoint = await tunnelled({ certificate }, verified);
    expect(await attempt(endpoint, verified)).toBeUndefined();
    const throughPort = { stream: undefined } as unknown as ClientConfig;
    expect(await attempt(endpoint, verified, throughPort)).toBeUndefined();
  });

  test("verify-full compares the stated name even when node-postgres has another host", async () => {
    const endpoint = await direct(servePostgres({ certificate }), verified);
    expect(await attempt(endpoint, verified, { host: "localhost" })).toBeUndefined();
    const wrong = { ...verified, serverName: "localhost" };
    const error = await attempt({ ...endpoint, serverName: "localhost" }, wrong);
    expect(error?.message).toContain(`is not for "localhost"; it is for DNS:${name}`);
  });

  test("verify-full fails on a certificate of another CA, before the password", async () => {
    const stranger = issue(name, { issuer: issue("Another CA") });
    const endpoint = await tunnelled({ certificate: stranger }, verified);
    const error = await attempt(endpoint, verified);
    expect(error?.message).toContain("not signed by a CA that is trusted here");
    expect(error?.hint).toContain("berth:postgres.tls.ca to");
  });

  test("verify-full fails on a certificate that has expired", async () => {
    const old = issue(name, { issuer: ca, from: new Date(0), to: new Date(1e12) });
    const error = await attempt(
      await direct(servePostgres({ certificate: old }), verified),
      verified,
    );
    expect(error?.message).toContain("certificate has expired");
  });

  test("fails when the server speaks no TLS", async () => {
    const error = await attempt(await tunnelled({}, verified), verified);
    expect(error?.message).toContain("the server does not speak TLS");
  });

  test("require takes any certificate", async () => {
    const tls: TlsSpec = { ...verified, mode: "require", caFile: undefined };
    expect(await attempt(await tunnelled({ certificate }, tls), tls)).toBeUndefined();
    expect(pgTlsOptions(plainTls)).toBe(false);
  });

  test.each([
    ["is missing", "none.pem", undefined, "does not exist"],
    ["holds no certificate", "empty.pem", "nothing", "holds no PEM certificate"],
    [
      "is damaged",
      "bad.pem",
      "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
      "damaged",
    ],
    [
      "has expired",
      "old.pem",
      issue("Old CA", { from: new Date(0), to: new Date(1e12) }).cert,
      "expired",
    ],
  ])("fails when the CA file %s", (_what, file, text, expected) => {
    const caFile = join(folder, file);
    if (text !== undefined) writeFileSync(caFile, text);
    expect(() => pgTlsOptions({ ...verified, caFile })).toThrow(expected);
  });

  test("names the key of the stack file where the CA file is missing", () => {
    const caFile = join(folder, "none.pem");
    expect(() => pgTlsOptions({ ...verified, caFile })).toThrow(
      "fix: correct berth:postgres.tls.ca",
    );
    expect(StackConfig.shape.postgres.shape.tls.unwrap().shape).toHaveProperty("ca");
  });

  test("takes a CA file in which an old CA stands beside the present one", () => {
    const old = issue("Old CA", { from: new Date(0), to: new Date(1e12) });
    const caFile = join(folder, "two.pem");
    writeFileSync(caFile, old.cert + ca.cert);
    expect(pgTlsOptions({ ...verified, caFile })).toMatchObject({ rejectUnauthorized: true });
  });
});

describe("a login that fails", () => {
  test.each([
    ["28P01", "password authentication failed", 'refused the password of role "postgres"'],
    ["3D000", "database does not exist", 'there is no database "postgres"'],
    ["55000", "not accepting connections", 'database "postgres" takes no sessions'],
    ["57P03", "the database system is starting up", "is starting, stopping or in recovery"],
    ["53100", "could not write init file: No space left on device", "the server's disk is full"],
    ["53300", "too many connections", "no free connection"],
  ])("with %s says what it means", async (code, message, expected) => {
    const endpoint = await tunnelled({ refusal: { code, message } }, plainTls);
    const error = await attempt(endpoint, plainTls);
    expect(error?.message).toContain(expected);
    expect(error?.message).toContain(`at ${endpoint.description} as postgres: `);
    if (code === "28P01") expect(error?.message).toContain(login.item);
  });
});

describe("a connection that fails", () => {
  test("because nothing listens", async () => {
    const port = await freePort();
    const endpoint = await openEndpoint({ kind: "direct", host: "127.0.0.1", port }, plainTls);
    const error = await attempt(endpoint, plainTls);
    expect(error?.message).toContain("connection refused");
    expect(error?.hint).toContain(`pg_isready -h 127.0.0.1 -p ${String(port)}`);
    const raw = await endpoint.connect().catch((e: unknown) => explainLoginFailure(e, endpoint));
    expect(raw).toMatchObject({ message: expect.stringContaining("connection refused") as string });
  });

  test("because the name is unknown", async () => {
    const spec = { kind: "direct", host: "no-such-host.invalid", port: 5432 } as const;
    const error = await attempt(await openEndpoint(spec, plainTls), plainTls);
    expect(error?.message).toMatch(/cannot be resolved \((ENOTFOUND|EAI_AGAIN)\)|within 1.5 s/);
  });

  test("because the server hung up is not a wrong password", async () => {
    const error = await attempt(await direct((socket) => socket.end(), plainTls), plainTls);
    expect(error?.message).toContain("the other end hung up before it answered");
  });

  test("because nothing is answered says how long it waited", async () => {
    const error = await attempt(await direct(() => undefined, plainTls), plainTls);
    expect(error?.message).toContain("nothing was answered within 1.5 s");
  });

  test("because the port belongs to an HTTP server", async () => {
    const server = http.createServer().listen(0, "127.0.0.1");
    stops.push(async () => {
      await new Promise((resolve) => server.close(resolve));
    });
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as AddressInfo;
    const endpoint = await openEndpoint({ kind: "direct", host: "127.0.0.1", port }, verified);
    expect((await attempt(endpoint, verified))?.message).toContain("is not Postgres");
    expect((await attempt(endpoint, plainTls))?.message).toContain("is not Postgres");
  });

  test("in the tunnel keeps the tunnel's own words, at the local port too", async () => {
    const cluster = await startCluster();
    const patience = { attempts: 1, backoffMs: 1, timeoutMs: 1_000 };
    const endpoint = await openEndpoint(cluster.spec(), plainTls, { listens: true, patience });
    stops.push(
      () => endpoint.close(),
      () => cluster.stop(),
    );
    const pod = cluster.api.pods.get("postgres-0");
    cluster.api.pods.set("postgres-0", { ...pod, ports: {} });
    expect((await attempt(endpoint, plainTls))?.message).toContain("nothing listens on port 15999");
    const throughPort = { stream: undefined } as unknown as ClientConfig;
    const error = await attempt(endpoint, plainTls, throughPort);
    expect(error?.message).toContain("nothing listens on port 15999");
    expect(error?.message).toContain("cannot connect to Postgres at svc/postgres-postgresql:5432");
  });
});
