import type { Client } from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { Credential } from "../../../components/onepassword/credential.ts";
import { withStatementSeconds } from "../../../components/postgres/server/answer-limit.ts";
import { openSession } from "../../../components/postgres/server/session.ts";
import { type Endpoint, openEndpoint } from "../../../components/tunnel/endpoint.ts";
import { startTestServer, type TestServer } from "../../fakes/postgres-server.ts";
import { type Cluster, plainTls, startCluster } from "../../tunnel/cluster.ts";

let server: TestServer;
let endpoint: Endpoint;
let client: Client;
const credential = new Credential("postgres", "only-for-this-test");

beforeAll(async () => {
  server = await startTestServer();
});

afterEach(async () => {
  vi.useRealTimers();
  await client.end().catch(() => undefined);
  await endpoint.close();
});

afterAll(async () => {
  await server.stop();
});

async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  const pending = Symbol("pending");
  const settled = promise.catch(() => undefined);
  await new Promise(setImmediate);
  return (await Promise.race([settled, Promise.resolve(pending)])) !== pending;
}

describe.each(["direct", "tunnel"] as const)("a session whose way is %s", (way) => {
  let cluster: Cluster;
  let pid: number;

  beforeEach(async () => {
    const direct = (await server.target("postgres")).endpoint;
    cluster = await startCluster();
    cluster.leadTo(direct.port);
    endpoint = way === "direct" ? direct : await openEndpoint(cluster.spec(), plainTls);
    client = await openSession({ endpoint, tls: undefined, database: "postgres" }, credential);
    const { rows } = await client.query<{ pid: number }>("select pg_backend_pid() as pid");
    pid = rows[0]?.pid ?? 0;
    process.kill(pid, "SIGSTOP");
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  });

  afterEach(async () => {
    process.kill(pid, "SIGCONT");
    await cluster.stop();
  });

  test("ends when a statement is not answered, and says what to do", async () => {
    const answer = client.query("select 1");
    const ended = new Promise((resolve) => client.once("end", resolve));
    vi.advanceTimersByTime(74_000);
    expect(await isSettled(answer)).toBe(false);
    vi.advanceTimersByTime(2_000);
    await expect(answer).rejects.toThrow(/has not answered a statement for 75 s.*\n.*run the same/);
    await ended;
    await expect(client.query("select 1")).rejects.toThrow("has not answered a statement for 75 s");
  });

  test("ends in time when its goodbye is not answered", async () => {
    const ended = client.end();
    while (!(await isSettled(ended))) vi.advanceTimersByTime(1_000);
  });
});

describe("a session that is answered", () => {
  beforeEach(async () => {
    const target = await server.target("postgres");
    endpoint = target.endpoint;
    client = await openSession(target, credential);
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

  test("says in the next statement why it ended between two", async () => {
    const ended = new Promise((resolve) => client.once("error", resolve));
    const { rows } = await client.query<{ pid: number }>("select pg_backend_pid() as pid");
    await server.superuser.query("select pg_terminate_backend($1)", [rows[0]?.pid]);
    await ended;
    await expect(client.query("select 1")).rejects.toMatchObject({ code: "57P01" });
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

  test("has it compile no query, which in a new session takes longer than to run it", async () => {
    expect((await client.query("show jit")).rows).toEqual([{ jit: "off" }]);
  });
});
