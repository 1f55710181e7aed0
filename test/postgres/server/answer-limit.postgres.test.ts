import type { Client } from "pg";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Credential } from "../../../components/onepassword/credential.ts";
import { withStatementSeconds } from "../../../components/postgres/server/answer-limit.ts";
import { openSession } from "../../../components/postgres/server/session.ts";
import { type Endpoint, openEndpoint } from "../../../components/tunnel/endpoint.ts";
import { startTestServer, type TestServer } from "../../fakes/postgres-server.ts";
import {
  type Backend,
  type Cluster,
  plainTls,
  startBackend,
  startCluster,
} from "../../tunnel/cluster.ts";
import { servePostgres } from "../../tunnel/fake-postgres.ts";

/** A server that lets in and then says nothing, through the tunnel and directly. */

let backend: Backend;
let cluster: Cluster;
let endpoint: Endpoint;
let client: Client;

beforeEach(async () => {
  backend = await startBackend(servePostgres({}));
  cluster = await startCluster();
  cluster.leadTo(backend.port);
});

afterEach(async () => {
  vi.useRealTimers();
  await endpoint.close();
  await cluster.stop();
  await backend.stop();
});

async function open(way: "direct" | "tunnel"): Promise<void> {
  const direct = { kind: "direct", host: "127.0.0.1", port: backend.port } as const;
  endpoint = await openEndpoint(way === "direct" ? direct : cluster.spec(), plainTls);
  const credential = new Credential("postgres", "only-for-this-test");
  client = await openSession({ endpoint, tls: false, database: "postgres" }, credential);
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
}

async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  const pending = Symbol("pending");
  const settled = promise.catch(() => undefined);
  await new Promise(setImmediate);
  return (await Promise.race([settled, Promise.resolve(pending)])) !== pending;
}

describe.each(["direct", "tunnel"] as const)("a session whose way is %s", (way) => {
  test("ends when a statement is not answered, and says what to do", async () => {
    await open(way);
    const answer = client.query("select 1");
    const ended = new Promise((resolve) => client.once("end", resolve));
    vi.advanceTimersByTime(74_000);
    expect(await isSettled(answer)).toBe(false);
    vi.advanceTimersByTime(2_000);
    await expect(answer).rejects.toThrow(/has not answered a statement for 75 s.*\n.*run the same/);
    await ended;
    await expect(client.query("select 1")).rejects.toThrow("not queryable");
  });

  test("ends in time when its goodbye is not answered", async () => {
    await open(way);
    for (const socket of backend.sockets) socket.pause();
    const ended = client.end();
    while (!(await isSettled(ended))) vi.advanceTimersByTime(1_000);
  });
});

describe("a session with a real server", () => {
  let server: TestServer;

  beforeEach(async () => {
    server = await startTestServer();
    const target = await server.target("postgres");
    endpoint = target.endpoint;
    client = await openSession(target, new Credential("postgres", "only-for-this-test"));
  });

  afterEach(async () => {
    await server.stop();
  });

  test("waits as long as a statement may take that was given more time", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const show = async (): Promise<unknown> =>
      (await client.query<{ statement_timeout: string }>("show statement_timeout")).rows[0];
    await withStatementSeconds(client, 600, async () => {
      expect(await show()).toEqual({ statement_timeout: "10min" });
      const slow = client.query("select pg_sleep(1)");
      vi.advanceTimersByTime(590_000);
      await slow;
    });
    expect(await show()).toEqual({ statement_timeout: "1min" });
    const slow = client.query("select pg_sleep(2)");
    vi.advanceTimersByTime(76_000);
    await expect(slow).rejects.toThrow("has not answered a statement for 75 s");
  });

  test("has it notice within a minute that this machine is gone", async () => {
    const sql = `select name, setting::int from pg_settings where name like 'tcp_keepalives%'`;
    const { rows } = await client.query<{ name: string; setting: number }>(sql);
    const { tcp_keepalives_idle: idle = 0, ...rest } = Object.fromEntries(
      rows.map(({ name, setting }) => [name, setting]),
    );
    const { tcp_keepalives_interval: interval = 0, tcp_keepalives_count: count = 0 } = rest;
    expect(idle + interval * count).toBe(60);
  });
});
