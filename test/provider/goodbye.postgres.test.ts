import { once } from "node:events";
import http2 from "node:http2";
import net from "node:net";
import type grpc from "@grpc/grpc-js";
import messages from "@pulumi/pulumi/proto/provider_pb.js";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { encodeProperties } from "../../provider/rpc/property-values.ts";
import { type Backend, startBackend } from "../tunnel/cluster.ts";
import { type DatabaseBed, inputsOf } from "./app-database/bed.ts";
import { useBed } from "./app-database/use-bed.ts";
import {
  call,
  connect,
  launcher,
  type ProviderProcess,
  rpc,
  startProvider,
} from "./provider-process.ts";

/** The provider ends its sessions in Postgres by their own protocol, however it is asked to end. */

const goodbye = "X\0\0\0\u0004";

const bed = useBed();
let vault: Awaited<ReturnType<DatabaseBed["openVault"]>>;
let relay: Backend;
/** What each connection said to Postgres. */
let said: string[];
let started: ProviderProcess;
let client: grpc.Client;

beforeAll(async () => {
  vault = await bed.openVault();
  relay = await startBackend((socket) => {
    const target = net.connect(bed.superuser.port, "127.0.0.1");
    const index = said.push("") - 1;
    socket.on("data", (chunk) => {
      said[index] = `${said[index] ?? ""}${chunk.toString("latin1")}`;
      // Slowly, so that a call lasts long enough to be left alone.
      setTimeout(() => target.write(chunk), 25);
    });
    target.pipe(socket);
    socket.once("close", () => target.destroy());
  });
});

afterAll(async () => {
  await relay.stop();
  await vault.close();
});

beforeEach(async () => {
  said = [];
  started = await startProvider([launcher, "127.0.0.1:1"], { env: vault.env });
  client = connect(started.port);
  const endpoint = { kind: "direct", host: "127.0.0.1", port: relay.port };
  const args = encodeProperties(bed.config({ endpoint }));
  await call(client, rpc.configure, new messages.ConfigureRequest().setArgs(args));
  return () => {
    client.close();
    started.child.kill("SIGKILL");
  };
});

const create = (name: string, preview: boolean) =>
  new messages.CreateRequest()
    .setUrn(`urn:pulumi:dev::berth::berth:postgres:AppDatabase::${name}`)
    .setProperties(encodeProperties(inputsOf(name)))
    .setPreview(preview);

/** The provider's exit, with every connection ended in words. */
async function expectGoodbye(): Promise<void> {
  expect(await once(started.child, "exit")).toEqual([0, null]);
  expect(said).not.toEqual([]);
  const last = (): string[] => said.map((words) => words.slice(-goodbye.length));
  await expect.poll(last).toEqual(said.map(() => goodbye));
}

it("after its work, when the engine has gone", async () => {
  await call(client, rpc.create, create("wiki", true));
  client.close();
  started.child.kill("SIGINT");
  await expectGoodbye();
});

it("when the engine's connection stays, with a call that never comes", async () => {
  await call(client, rpc.create, create("wiki", true));
  const engine = http2.connect(`http://127.0.0.1:${String(started.port)}`);
  engine.on("error", () => undefined);
  const never = engine.request({
    ":method": "POST",
    ":path": rpc.check.path,
    "content-type": "application/grpc",
    te: "trailers",
  });
  never.on("error", () => undefined);
  await once(engine, "remoteSettings");
  started.child.kill("SIGINT");
  await expectGoodbye();
  engine.destroy();
});

it("when the engine went in the middle of a call, after the statement that was under way", async () => {
  const leaving = new AbortController();
  const creating = call(client, rpc.create, create("shop", false), leaving.signal);
  creating.catch(() => undefined);
  await expect.poll(() => said.join(""), { interval: 5 }).toContain("CREATE DATABASE");
  leaving.abort();
  client.close();
  started.child.kill("SIGINT");
  await expectGoodbye();
  expect(await bed.sql("select datname from pg_database where datname = 'shop'")).toHaveLength(1);
});
