import { createHash, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { BerthError } from "../../components/errors.ts";
import { FaultScript, faultSchema, type Verdict } from "./faults.ts";
import { ConnectError } from "./item-edits.ts";
import { type ApiContext, type ApiResponse, answer } from "./routes.ts";
import type { VaultStore } from "./vault-data.ts";

const VERSION = "1.7.3";
const BODY_LIMIT = 1024 * 1024;

/** One answered request; status 0 = the connection was cut. Its path has ids and titles, never a secret. */
export interface RequestRecord {
  readonly method: string;
  readonly path: string;
  readonly status: number;
}

/** How to start the stand-in. */
export interface ConnectOptions {
  readonly store: VaultStore;
  /** The bearer token clients must send. */
  readonly token: string;
  /** @default "127.0.0.1" */
  readonly host?: string;
  /** @default - any free port */
  readonly port?: number;
  /** `PUT /dev/faults` changes them while the server runs. @default - none */
  readonly faults?: FaultScript;
  /** Ids of the vaults that the token has access to; others answer 403. @default - all */
  readonly scope?: readonly string[];
  /** @default true; without it each write is answered with 403 */
  readonly mayWrite?: boolean;
  /** Called after each request, for a log. */
  readonly onRequest?: (record: RequestRecord) => void;
}

/** A running stand-in. */
export interface ConnectServer {
  readonly url: string;
  readonly port: number;
  readonly requests: readonly RequestRecord[];
  readonly faults: FaultScript;
  close(): Promise<void>;
}

/**
 * Starts the stand-in for 1Password Connect: Connect's REST API over plain HTTP on the loopback, so that
 * tests and the sandbox need no 1Password account. It is as strict as Connect: 401 for a wrong token, 404
 * for unknown ids, 403 for a vault without access.
 */
export async function startConnect(options: ConnectOptions): Promise<ConnectServer> {
  if (options.token === "") throw new BerthError("the Connect token is empty");
  const host = options.host ?? "127.0.0.1";
  const faults = options.faults ?? new FaultScript();
  const requests: RequestRecord[] = [];
  const context: ApiContext = {
    store: options.store,
    faults,
    scope: options.scope,
    mayWrite: options.mayWrite ?? true,
  };
  const server = createServer((request, response) => {
    response.once("close", () => {
      const status = response.writableEnded ? response.statusCode : 0;
      const record = { method: request.method ?? "", path: request.url ?? "", status };
      requests.push(record);
      options.onRequest?.(record);
    });
    void serve(context, options.token, request, response);
  });
  const port = await listen(server, host, options.port ?? 0);
  return {
    url: `http://${host}:${String(port)}`,
    port,
    requests,
    faults,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) => {
      const reason = cause.code === "EADDRINUSE" ? "the port is taken" : (cause.code ?? "failed");
      const message = `1Password Connect stand-in: cannot listen on ${host}:${String(port)}: ${reason}`;
      reject(new BerthError(message, { hint: "choose another port", cause }));
    });
    server.listen(port, host, () => {
      resolve((server.address() as AddressInfo).port);
    });
  });
}

async function serve(
  context: ApiContext,
  token: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const url = new URL(request.url ?? "/", "http://connect");
    const segments = url.pathname.split("/").filter(Boolean).map(decodeSegment);
    if (serveOpenPath(segments, response)) return;
    if (segments[0] === "dev" && segments[1] === "faults") {
      checkToken(request, token);
      send(response, setFaults(context.faults, request.method ?? "", await readBody(request)));
      return;
    }
    if (segments[0] !== "v1") throw new ConnectError(404, "resource not found");
    const verdict = context.faults.next(url.pathname);
    if (verdict.delayMilliseconds > 0) await sleep(verdict.delayMilliseconds);
    if (verdict.failure?.kind === "disconnect") {
      response.destroy();
      return;
    }
    failAsScripted(verdict, response);
    checkToken(request, token);
    const result = answer(context, {
      method: request.method ?? "",
      segments: segments.slice(1),
      filter: url.searchParams.get("filter") ?? undefined,
      body: await readBody(request),
    });
    send(response, result, verdict.failure?.kind === "truncated");
  } catch (error) {
    // Anything but a ConnectError is a fault of the stand-in.
    const known = error instanceof ConnectError ? error : new ConnectError(500, "internal error");
    send(response, {
      status: known.status,
      body: { status: known.status, message: known.message },
    });
  }
}

/** The paths without token and faults, which a start-up check requests. */
function serveOpenPath(segments: readonly string[], response: ServerResponse): boolean {
  if (segments.length !== 1) return false;
  if (segments[0] === "heartbeat") {
    response.writeHead(200, { "Content-Type": "text/plain" }).end(".");
    return true;
  }
  if (segments[0] !== "health") return false;
  const dependencies = [{ service: "sync", status: "ACTIVE", message: "stand-in" }];
  send(response, {
    status: 200,
    body: { name: "1Password Connect API", version: VERSION, dependencies },
  });
  return true;
}

function failAsScripted(verdict: Verdict, response: ServerResponse): void {
  const { failure } = verdict;
  if (failure?.kind === "rate-limit") {
    response.setHeader("Retry-After", String(failure.retryAfterSeconds));
    throw new ConnectError(429, "Too many requests");
  }
  if (failure?.kind === "server-error") {
    throw new ConnectError(failure.status ?? 500, "internal server error");
  }
  if (failure?.kind === "unauthorized") throw new ConnectError(401, "Invalid token signature");
}

function setFaults(faults: FaultScript, method: string, body: unknown): ApiResponse {
  if (method !== "PUT" && method !== "DELETE") throw new ConnectError(405, "Method not allowed");
  const parsed = z.array(faultSchema).safeParse(method === "DELETE" ? [] : body);
  if (!parsed.success) throw new ConnectError(400, z.prettifyError(parsed.error));
  faults.clear();
  for (const fault of parsed.data) faults.play(fault);
  return { status: 204 };
}

function checkToken(request: IncomingMessage, token: string): void {
  const given = /^Bearer (.+)$/.exec(request.headers.authorization ?? "")?.[1];
  if (given === undefined) throw new ConnectError(401, "Missing bearer token");
  if (!timingSafeEqual(digest(given), digest(token))) {
    throw new ConnectError(401, "Invalid token signature");
  }
}

function digest(value: string): Buffer {
  return createHash("sha256").update(value).digest();
}

function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new ConnectError(400, "Invalid path");
  }
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const bytes = chunk as Buffer;
    size += bytes.length;
    if (size > BODY_LIMIT) throw new ConnectError(413, "Body too large");
    chunks.push(bytes);
  }
  if (size === 0) return undefined;
  try {
    return JSON.parse(Buffer.concat(chunks).toString("utf8")) as unknown;
  } catch {
    throw new ConnectError(400, "Body is not JSON");
  }
}

function send(response: ServerResponse, result: ApiResponse, isTruncated = false): void {
  if (response.destroyed || response.writableEnded) return;
  response.setHeader("1Password-Connect-Version", VERSION);
  for (const [name, value] of Object.entries(result.headers ?? {})) response.setHeader(name, value);
  if (result.body === undefined) {
    if (result.bytes !== undefined) response.setHeader("Content-Type", "application/octet-stream");
    response.writeHead(result.status).end(result.bytes);
    return;
  }
  const text = JSON.stringify(result.body);
  response.setHeader("Content-Type", "application/json; charset=utf-8");
  response.writeHead(result.status).end(isTruncated ? text.slice(0, text.length / 2) : text);
}
