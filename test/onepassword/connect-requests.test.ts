import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { readItems } from "../../components/onepassword/read-items.ts";
import { readThroughClient } from "../../components/onepassword/through-client.ts";
import { countFaults } from "../faults/count.ts";

/** What is between this machine and Connect: a gateway that answers itself, and the proxy of the environment. */

countFaults("answers before Connect");

const token = "canary-token";
const ref = { vault: "Coachlight", item: "netbox-db-credentials" };
let servers: Server[] = [];
let heard: string[] = [];

beforeEach(() => {
  servers = [];
  heard = [];
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await Promise.all(servers.map((one) => new Promise((resolve) => one.close(resolve))));
});

async function answerWith(status: number, body: string, type = "text/html"): Promise<string> {
  const server = createServer((request, response) => {
    heard.push(`${request.url ?? ""} ${request.headers.authorization ?? ""}`);
    response.writeHead(status, { "content-type": type, connection: "close" }).end(body);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
}

const read = (url: string) => readThroughClient({ kind: "connect", url, token })(ref);
const page = (text: string) => `<html><head><title>${text}</title></head><body>page</body></html>`;

test.each([
  ["server error", 502, page("502 Bad Gateway")],
  ["server error", 503, "no healthy upstream"],
  ["rate limited", 429, page("Slow down")],
  ["unreachable", 404, "404 page not found\n"],
  ["unreachable", 403, page("Denied by the proxy")],
  ["unreachable", 200, page("Please log in")],
  ["unauthorized", 401, ""],
])("is %s where a gateway answers %d with %j, and its page is not shown", async (...row) => {
  const [failure, status, body] = row;
  const error = await read(await answerWith(status, body)).catch((caught: unknown) => caught);
  expect(error).toMatchObject({ name: "ItemReadError", failure });
  expect(String(error)).toContain(`status ${String(status)}`);
  expect(String(error)).not.toMatch(/<|page|upstream/);
});

test("one cause is one problem, with its fix", async () => {
  const url = await answerWith(200, page("Please log in"));
  const wanted = ["one", "two"].map((item) => ({
    ref: { ...ref, item },
    wantedBy: `app ${item}`,
    fields: ["password"],
  }));
  const reader = readThroughClient({ kind: "connect", url, token });
  const error = await readItems(wanted, reader, { firstDelay: 0 }).catch(String);
  expect(error).toContain("1Password: 1 problem\n");
  expect(error).toContain(
    "cannot reach 1Password (what answers at OP_CONNECT_HOST is not Connect: status 200 without JSON)\n    fix: check the address",
  );
});

test("what Connect says itself is kept", async () => {
  const body = JSON.stringify({ status: 403, message: "vault x is not in scope" });
  const url = await answerWith(403, body, "application/json");
  await expect(read(url)).rejects.toMatchObject({
    failure: "unauthorized",
    message: "status 403: vault x is not in scope",
  });
});

test.each(["127.0.0.1", "localhost"])(
  "the token of a Connect at %s does not go to the proxy of the environment",
  async (host) => {
    const proxy = await answerWith(502, "");
    for (const name of ["http_proxy", "HTTP_PROXY"]) vi.stubEnv(name, proxy);
    for (const name of ["no_proxy", "NO_PROXY"]) vi.stubEnv(name, "");
    await read(`http://${host}:9`).catch(() => undefined);
    expect(heard).toEqual([]);
    await read("http://connect.invalid:8080").catch(() => undefined);
    expect(heard).toEqual([`http://connect.invalid:8080/v1/vaults/ Bearer ${token}`]);
  },
);
