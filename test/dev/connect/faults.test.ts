import { OnePasswordConnect, type OPConnect } from "@1password/connect";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createSampleVault, makeToken } from "../../../dev/connect/sample-vault.ts";
import { type ConnectServer, startConnect } from "../../../dev/connect/server.ts";
import { VaultStore } from "../../../dev/connect/vault-data.ts";

const vault = createSampleVault();
const token = makeToken();
let server: ConnectServer;
let client: OPConnect;

beforeEach(async () => {
  server = await startConnect({ store: new VaultStore([vault]), token });
  client = OnePasswordConnect({ serverURL: server.url, token });
});

afterEach(async () => {
  await server.close();
});

async function getVaults(): Promise<Response> {
  return fetch(`${server.url}/v1/vaults`, { headers: { authorization: `Bearer ${token}` } });
}

test("faults are played in order, each for its number of requests", async () => {
  server.faults.play({ kind: "rate-limit", retryAfterSeconds: 3, times: 2 });
  server.faults.play({ kind: "server-error", status: 503, times: 1 });
  const statuses: number[] = [];
  for (let attempt = 0; attempt < 4; attempt += 1) {
    const response = await getVaults();
    statuses.push(response.status);
    expect(response.headers.get("Retry-After")).toBe(response.status === 429 ? "3" : null);
  }
  expect(statuses).toEqual([429, 429, 503, 200]);
});

test("a fault can be limited to some paths", async () => {
  server.faults.play({ kind: "server-error", path: "/items" });
  expect((await getVaults()).status).toBe(200);
  await expect(client.listItems(vault.id)).rejects.toMatchObject({ status: 500 });
});

test("slowness delays an answer that is otherwise right", async () => {
  server.faults.play({ kind: "slow", milliseconds: 150, times: 1 });
  const start = performance.now();
  expect((await getVaults()).status).toBe(200);
  expect(performance.now() - start).toBeGreaterThan(140);
});

test("truncated JSON is a 200 that cannot be parsed", async () => {
  server.faults.play({ kind: "truncated", times: 1 });
  const response = await getVaults();
  expect(response.status).toBe(200);
  await expect(response.json()).rejects.toThrow(SyntaxError);
});

test("a disconnect ends the connection without an answer", async () => {
  server.faults.play({ kind: "disconnect", times: 1 });
  await expect(getVaults()).rejects.toThrow();
  expect((await getVaults()).status).toBe(200);
  expect(server.requests.map((request) => request.status)).toEqual([0, 200]);
});

test("faults are set and cleared over HTTP, with the token only", async () => {
  const url = `${server.url}/dev/faults`;
  const headers = { authorization: `Bearer ${token}` };
  const body = JSON.stringify([{ kind: "server-error" }]);
  expect((await fetch(url, { method: "PUT", body })).status).toBe(401);
  expect((await fetch(url, { method: "PUT", headers, body })).status).toBe(204);
  expect((await getVaults()).status).toBe(500);
  expect((await fetch(url, { method: "PUT", headers, body: "[]" })).status).toBe(204);
  expect((await getVaults()).status).toBe(200);
  expect((await fetch(url, { method: "PUT", headers, body: "[{}]" })).status).toBe(400);
});
