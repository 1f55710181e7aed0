import { chmodSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import net from "node:net";
import path from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { createKubeAccess } from "../../components/kubernetes/access.ts";
import { loadKubeContext } from "../../components/kubernetes/kubeconfig.ts";
import { openEndpoint } from "../../components/tunnel/endpoint.ts";
import { useFolder } from "../fakes/folder.ts";
import { issue } from "../tunnel/certificate.ts";
import { plainTls, startCluster, toKubeconfig } from "../tunnel/cluster.ts";

/** What kubectl takes in a kubeconfig, one row each; `kube.example` is known to the proxy alone. */

const ca = issue("Test CA");
const { cert, key } = issue("kube.example", { issuer: ca });
const folder = useFolder("kubeconfig");
const caData = Buffer.from(ca.cert).toString("base64");

/** What the API server was sent last: headers that say who it is. */
let sent: string[] = [];
/** Answers with 401 as long as there are any. */
let refusals = 0;
let onRefusal: () => void = () => undefined;
const connects: string[] = [];

const api = https.createServer({ cert, key }, (request, response) => {
  const pairs = Array.from({ length: request.rawHeaders.length / 2 }, (_, index) =>
    request.rawHeaders.slice(2 * index, 2 * index + 2).join(": "),
  );
  sent = pairs.filter((pair) => /^(authorization|impersonate)/i.test(pair)).toSorted();
  if (refusals > 0) onRefusal();
  response.statusCode = refusals > 0 ? 401 : 200;
  refusals -= 1;
  response.end("{}");
});

/** Leads every CONNECT to one port on this machine. */
function createProxy(port: () => number): http.Server {
  return http.createServer().on("connect", (request, client: net.Socket) => {
    connects.push(
      [request.url, request.headers["proxy-authorization"]].filter(Boolean).join(" as "),
    );
    const server = net.connect(port(), "127.0.0.1", () => {
      client.write("HTTP/1.1 200 OK\r\n\r\n");
      server.pipe(client).pipe(server);
    });
    for (const socket of [server, client]) socket.on("error", () => undefined);
  });
}

const portOf = (server: net.Server): number => (server.address() as net.AddressInfo).port;
const proxy = createProxy(() => portOf(api));

beforeAll(async () => {
  for (const server of [api, proxy]) {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  }
  mkdirSync(path.join(folder, "bin"));
  const plugin = path.join(folder, "bin", "token");
  writeFileSync(
    plugin,
    `#!${process.execPath}
const { spec } = JSON.parse(process.env.KUBERNETES_EXEC_INFO);
const fs = require("fs");
const file = ${JSON.stringify(path.join(folder, "runs"))};
const runs = fs.existsSync(file) ? fs.readFileSync(file, "utf8").length : 0;
fs.appendFileSync(file, "x");
const token = process.argv[2] === "cluster" ? spec.cluster.server + " " + spec.cluster.config.tenant : "run-" + runs;
const expirationTimestamp = new Date(Date.now() + 3600000).toISOString();
console.log(JSON.stringify({ status: { token: token.replaceAll(/[^a-z0-9-]/g, "-"), expirationTimestamp } }));`,
  );
  chmodSync(plugin, 0o700);
  writeFileSync(path.join(folder, "token.txt"), "from-file\n");
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(path.join(folder, "runs"), { force: true });
  refusals = 0;
  connects.length = 0;
});

afterAll(() => {
  api.close();
  proxy.close();
});

/** Sends one request as the kubeconfig says, and answers what the API server was sent. */
async function ask(user: object, cluster: object = {}): Promise<readonly string[]> {
  const way = { server: "https://kube.example", "certificate-authority-data": caData };
  const proxied = { "proxy-url": `http://127.0.0.1:${String(portOf(proxy))}` };
  const kubeconfig = path.join(folder, "config");
  const parsed = JSON.parse(toKubeconfig("", "")) as Record<string, unknown>;
  const clusters = [{ name: "home", cluster: { ...way, ...proxied, ...cluster } }];
  const users = [{ name: "alice", user }];
  writeFileSync(kubeconfig, JSON.stringify({ ...parsed, clusters, users }));
  const context = await loadKubeContext({ kubeconfig, context: undefined });
  sent = [];
  const access = createKubeAccess(context);
  const options = { timeoutMs: 5_000, isBackground: false };
  const answer = await access.send({ path: "/version" }, options);
  expect(answer.status).toBe(200);
  return sent;
}

const exec = (more: object = {}) => ({
  exec: { apiVersion: "client.authentication.k8s.io/v1", command: "./bin/token", ...more },
});
const file = { tokenFile: "token.txt" };

test.each<[string, object, readonly string[]]>([
  ["token", { token: "abc" }, ["Authorization: Bearer abc"]],
  ["tokenFile, beside the kubeconfig", file, ["Authorization: Bearer from-file"]],
  [
    "tokenFile, before a token, as it is renewed",
    { ...file, token: "old" },
    ["Authorization: Bearer from-file"],
  ],
  [
    "token, where the tokenFile cannot be read",
    { tokenFile: "none.txt", token: "old" },
    ["Authorization: Bearer old"],
  ],
  [
    "username and password",
    { username: "alice", password: "pw" },
    [`Authorization: Basic ${Buffer.from("alice:pw").toString("base64")}`],
  ],
  ["exec.command, beside the kubeconfig", exec(), ["Authorization: Bearer run-0"]],
  [
    "exec.provideClusterInfo",
    exec({ args: ["cluster"], provideClusterInfo: true }),
    ["Authorization: Bearer https---kube-example-blue"],
  ],
  ["a token before a plugin", { token: "abc", ...exec() }, ["Authorization: Bearer abc"]],
  [
    "impersonation with groups, uid and extra",
    {
      token: "abc",
      as: "ops",
      "as-uid": "7",
      "as-groups": ["dbas", "on-call"],
      "as-user-extra": { "example.org/scope": ["a", "b"] },
    },
    [
      "Authorization: Bearer abc",
      "Impersonate-Extra-example.org%2Fscope: a",
      "Impersonate-Extra-example.org%2Fscope: b",
      "Impersonate-Group: dbas",
      "Impersonate-Group: on-call",
      "Impersonate-Uid: 7",
      "Impersonate-User: ops",
    ],
  ],
])("%s", async (_, user, headers) => {
  const extensions = [{ name: "client.authentication.k8s.io/exec", extension: { tenant: "blue" } }];
  expect(await ask(user, { extensions })).toEqual(headers);
});

test("a plugin is run again after a 401, though its answer has not expired", async () => {
  refusals = 1;
  vi.useFakeTimers({ toFake: ["Date"] });
  // A credential that is younger than 2 s is not asked for again.
  onRefusal = () => vi.setSystemTime(Date.now() + 3_000);
  const headers = await ask(exec());
  vi.useRealTimers();
  expect(headers).toEqual(["Authorization: Bearer run-1"]);
});

test.each<[string, object, RegExp]>([
  ["groups of nobody", { token: "abc", "as-groups": ["dbas"] }, /no user in `as`/],
  [
    "a tokenFile that is not there",
    { tokenFile: "none.txt" },
    /none\.txt cannot be read \(ENOENT\)/,
  ],
  ["a plugin that asks people", exec({ interactiveMode: "Always" }), /interactiveMode: Always/],
  [
    "a plugin that is not there, with its own advice",
    exec({ command: "./bin/none", installHint: "install none first" }),
    /the command is not there; install none first/,
  ],
])("refuses %s", async (_, user, reason) => {
  await expect(ask(user)).rejects.toThrow(reason);
});

describe("a certificate in the kubeconfig", () => {
  test("comes before a file that it names", async () => {
    const cluster = { "certificate-authority": "none.pem" };
    expect(await ask({ token: "abc" }, cluster)).toEqual(["Authorization: Bearer abc"]);
  });

  test("is checked against tls-server-name", async () => {
    const server = { server: "https://10.0.0.1" };
    const named = { ...server, "tls-server-name": "kube.example" };
    expect(await ask({ token: "abc" }, named)).toEqual(["Authorization: Bearer abc"]);
    await expect(ask({ token: "abc" }, server)).rejects.toThrow("does not match");
  });
});

describe("a proxy of the environment", () => {
  beforeEach(() => {
    const names = ["http_proxy", "https_proxy", "no_proxy"];
    for (const name of names.flatMap((one) => [one, one.toUpperCase()])) vi.stubEnv(name, "");
  });

  const none = { "proxy-url": undefined };
  const here = () => `http://127.0.0.1:${String(portOf(proxy))}`;

  test.each(["HTTPS_PROXY", "https_proxy"])("in %s leads to the API server", async (name) => {
    vi.stubEnv(name, here().replace("//", "//me:pw@"));
    expect(await ask({ token: "abc" }, none)).toEqual(["Authorization: Bearer abc"]);
    const basic = Buffer.from("me:pw").toString("base64");
    expect(connects).toEqual([`kube.example:443 as Basic ${basic}`]);
  });

  test("is not taken where NO_PROXY has the server, nor where proxy-url has another", async () => {
    vi.stubEnv("HTTPS_PROXY", here());
    vi.stubEnv("NO_PROXY", "other.example, .example");
    await expect(ask({ token: "abc" }, none)).rejects.toThrow(/ENOTFOUND|EAI_AGAIN/);
    expect(connects).toEqual([]);
    vi.stubEnv("HTTPS_PROXY", "http://127.0.0.1:9");
    expect(await ask({ token: "abc" })).toEqual(["Authorization: Bearer abc"]);
  });

  test("that does not answer is named by its setting, without its password", async () => {
    vi.stubEnv("HTTPS_PROXY", "http://me:hush-hush@127.0.0.1:9");
    const error = await ask({ token: "abc" }, none).catch(String);
    expect(error).toContain("through the proxy of HTTPS_PROXY");
    expect(error).not.toContain("hush-hush");
  });

  test("carries a port-forward", async () => {
    const cluster = await startCluster();
    const way = createProxy(() => Number(new URL(cluster.api.url).port));
    await new Promise<void>((resolve) => way.listen(0, "127.0.0.1", resolve));
    vi.stubEnv("HTTP_PROXY", `127.0.0.1:${String(portOf(way))}`);
    const kubeconfig = path.join(folder, "forward");
    writeFileSync(kubeconfig, toKubeconfig("http://kube.example", cluster.api.token));
    const endpoint = await openEndpoint(cluster.spec({ kubeconfig }), plainTls);
    const stream = await endpoint.connect();
    stream.write("hello");
    expect(String(await new Promise((resolve) => stream.once("data", resolve)))).toBe("hello");
    expect(new Set(connects)).toEqual(new Set(["kube.example:80"]));
    await endpoint.close();
    await cluster.stop();
    way.close();
  });
});
