import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import net from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { TlsSpec } from "../../components/config/spec/postgres.ts";
import { pgTlsOptions } from "../../components/postgres/server/tls.ts";
import { type Endpoint, openEndpoint } from "../../components/tunnel/endpoint.ts";
import { berthRights } from "../../dev/cluster/objects.ts";
import { connectAsSuperuser, ensureAdmin } from "../../dev/postgres/neighbour.ts";
import { giveTo } from "../../dev/postgres/place.ts";
import { freePort } from "../../dev/postgres/ports.ts";
import { preparePostgres } from "../../dev/postgres/prepare.ts";
import { findSystemUser } from "../../dev/postgres/run-as.ts";
import { removeServer, startServer } from "../../dev/postgres/server.ts";
import { listChecks } from "../cli/verify/bed.ts";
import { keepSafe } from "../engine/use-bed.ts";
import { useFolder } from "../fakes/folder.ts";
import { issue } from "../tunnel/certificate.ts";
import { ClusterBed } from "./cluster-bed.ts";
import { findLeftovers, nothing } from "./leftovers.ts";

/** Berth's own port-forward through a real API server, under every command that people run. */

const serverName = "postgres-postgresql.db-tunnel.svc.cluster.local";
const folder = useFolder("cluster-tls");
const tls: TlsSpec = { mode: "verify-full", caFile: path.join(folder, "ca.pem"), serverName };

let cluster: ClusterBed;

beforeAll(async () => {
  const ca = issue("Test CA");
  const { cert, key } = issue(serverName, { issuer: ca });
  const user = findSystemUser();
  giveTo(folder, user);
  for (const [file, text] of [
    ["ca.pem", ca.cert],
    ["server.pem", cert],
    ["server.key", key],
  ] as const) {
    writeFileSync(path.join(folder, file), text, { mode: 0o600 });
    giveTo(path.join(folder, file), user);
  }
  const settings = {
    ssl: "on",
    ssl_cert_file: path.join(folder, "server.pem"),
    ssl_key_file: path.join(folder, "server.key"),
  };
  cluster = await ClusterBed.open("db-tunnel", { settings });
});

afterAll(async () => {
  await cluster.close();
});

keepSafe(() => cluster.bed);

/** No process, no local port, no port-forward, no session. */
async function expectNothingLeft(): Promise<void> {
  await expect.poll(() => findLeftovers(cluster)).toEqual(nothing);
}

/** Whether anything of the sample apps is on a server. */
async function rolesOn(port: number, password: string): Promise<number> {
  const client = await connectAsSuperuser({ host: "127.0.0.1", port, password }, "postgres");
  try {
    const names = "'netbox', 'basketball', 'admin_app', 'berth_dev'";
    const sql = `select 1 from pg_roles where rolname in (${names})`;
    return (await client.query(sql)).rows.length;
  } finally {
    await client.end();
  }
}

describe("before anything is written", () => {
  it.each([
    ["create", ["get"]],
    ["get", ["create"]],
  ])("names the verb %s when only %j is allowed on pods/portforward", async (missing, verbs) => {
    await cluster.applyAll(berthRights(cluster.namespace, false, verbs));
    const output = await cluster.bed.failUp();
    await cluster.applyAll(berthRights(cluster.namespace));
    expect(output).toContain(`not allowed to ${missing} pods/portforward`);
    expect(output).toContain('in namespace "db-tunnel"');
    await expectNothingLeft();
  });

  it("names the context that is not there", async () => {
    const restore = cluster.endpoint((endpoint) => {
      endpoint.context = "elsewhere";
    });
    const output = await cluster.bed.failUp();
    restore();
    expect(output).toContain("elsewhere");
    await expectNothingLeft();
  });

  it("names verb and resource for a user who may do nothing", async () => {
    const restore = cluster.endpoint((endpoint) => {
      endpoint.context = "guest";
    });
    const output = await cluster.bed.failUp();
    restore();
    expect(output).toMatch(/not allowed to get services .*user "guest"/);
  });

  it("refuses another server behind the Service", async () => {
    const home = mkdtempSync(path.join(tmpdir(), "berth-other-"));
    const password = "only-for-this-test";
    await preparePostgres({ home, superuserPassword: password });
    const { port } = await startServer({ home, port: await freePort() });
    try {
      const superuser = { host: "127.0.0.1", port, password };
      await ensureAdmin(superuser, cluster.bed.login("postgres-admin"), false);
      await cluster.forwardTo(port);
      const output = await cluster.bed.failUp();
      expect(output).toContain("this is another server than the stack is for");
      expect(await rolesOn(port, password)).toBe(0);
    } finally {
      await cluster.forwardTo(cluster.bed.sandbox.superuser.port);
      await removeServer(home);
      rmSync(home, { recursive: true, force: true });
    }
  });

  it("has written nothing", async () => {
    const { port, password } = cluster.bed.sandbox.superuser;
    expect(await rolesOn(port, password)).toBe(0);
  });
});

describe("Berth's provider, with TLS verify-full and the server's own name", () => {
  beforeAll(() => {
    cluster.bed.configure((config) => {
      const { caFile } = tls;
      config["berth:postgres"]["tls"] = { mode: "verify-full", ca: caFile, serverName };
    });
  });

  it.each([
    ["up", ["up", "--yes", "--skip-preview"], /\d+ created/],
    ["preview", ["preview", "--expect-no-changes"], /\d+ unchanged/],
    ["up --refresh", ["up", "--yes", "--refresh", "--skip-preview"], /\d+ unchanged/],
    ["refresh", ["refresh", "--yes", "--skip-preview"], /\d+ unchanged/],
  ])("%s", async (_, args, expected) => {
    const { exitCode, output } = await cluster.bed.pulumi(args);
    expect(exitCode, output).toBe(0);
    expect(output).toMatch(expected);
    await expectNothingLeft();
  });

  it("verify", async () => {
    expect(listChecks(await cluster.bed.verify(), "failed")).toEqual([]);
  });

  it("refuses a certificate for another name, and sends no password", async () => {
    const restore = cluster.bed.configure((config) => {
      const { caFile } = tls;
      const other = "postgres.example.org";
      config["berth:postgres"]["tls"] = { mode: "verify-full", ca: caFile, serverName: other };
    });
    const { output } = await cluster.bed.preview();
    restore();
    expect(output).toContain(
      `the server's certificate is not for "postgres.example.org"; it is for DNS:${serverName}`,
    );
  });

  it("carries 20 connections side by side", async () => {
    const { name, password } = cluster.bed.login("netbox-db-credentials");
    const endpoint: Endpoint = await openEndpoint(cluster.endpointSpec(), tls);
    const { host, port } = endpoint;
    const clients = Array.from({ length: 20 }, () => {
      const login = { user: name, password, database: "netbox", ssl: pgTlsOptions(tls) };
      return new Client({ host, port, ...login, stream: () => endpoint.stream() });
    });
    try {
      await Promise.all(clients.map((client) => client.connect()));
      const sql = "select pg_backend_pid() as pid, repeat('x', 1000000) as big from pg_sleep(0.2)";
      const answers = await Promise.all(
        clients.map((client) => client.query<{ pid: number; big: string }>(sql)),
      );
      expect(new Set(answers.map(({ rows }) => rows[0]?.pid)).size).toBe(20);
      expect(answers.map(({ rows }) => rows[0]?.big.length)).toEqual(Array(20).fill(1_000_000));
    } finally {
      await Promise.all(clients.map((client) => client.end().catch(() => undefined)));
      await endpoint.close();
    }
  });

  it("plain destroy, which keeps databases, and up again", async () => {
    const destroyed = await cluster.bed.pulumi(["destroy", "--yes", "--skip-preview"]);
    expect(destroyed.exitCode, destroyed.output).toBe(0);
    await expectNothingLeft();
    const kept = await cluster.bed.sql("select 1 from pg_database where datname = 'netbox'");
    expect(kept).toHaveLength(1);
    await cluster.bed.bringUp();
  });
});

describe("the registry's provider", () => {
  beforeAll(() => {
    cluster.bed.configure((config) => {
      config["berth:postgres"]["provisioner"] = "postgresql";
      // It takes the host for the certificate's name, and the host is 127.0.0.1 here.
      config["berth:postgres"]["tls"] = { mode: "require" };
    });
  });

  it("does not use whoever has its local port", async () => {
    const other = net.createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => other.listen(cluster.localPort, "127.0.0.1", resolve));
    const output = await cluster.bed.failUp();
    await new Promise((resolve) => other.close(resolve));
    expect(output).toContain(String(cluster.localPort));
    expect(output).toContain("localPort");
  });

  it.each([
    ["up", ["up", "--yes", "--skip-preview"]],
    ["preview", ["preview", "--expect-no-changes"]],
    [
      "destroy --run-program",
      ["destroy", "--yes", "--skip-preview", "--run-program", "--ignore-protect"],
    ],
  ])("%s", async (_, args) => {
    const { exitCode, output } = await cluster.bed.pulumi(args);
    expect(exitCode, output).toBe(0);
    await expectNothingLeft();
  });

  it("has left databases as they were", async () => {
    const sql = "select 1 from pg_database where datname in ('netbox', 'basketball')";
    expect(await cluster.bed.sql(sql)).toHaveLength(2);
  });
});
