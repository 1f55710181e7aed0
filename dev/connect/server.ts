import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { FaultScript, faultSchema, type Verdict } from "./faults.ts";
import { ConnectError } from "./item-edits.ts";
import { type ApiContext, type ApiResponse, answer } from "./routes.ts";
import type { VaultStore } from "./vault-data.ts";

const host = "127.0.0.1";
/** The operator reads attached files only from a server that says it is 1.3.0 or newer. */
const version = "1.7.3";

/** One answered request; status 0 = the connection was cut. Its path has ids and titles, never a secret. */
export interface RequestRecord {
  readonly method: string;
  readonly path: string;
  readonly status: number;
}

export interface ConnectOptions {
  readonly store: VaultStore;
  readonly token: string;
  /** @default - any free port */
  readonly port?: number;
  /** Ids of the vaults that the token has access to; others answer 403. @default - all */
  readonly scope?: readonly string[];
  /** @default true; without it each write is answered with 403 */
  readonly mayWrite?: boolean;
  readonly onRequest?: (record: RequestRecord) => void;
}

export interface ConnectServer {
  readonly url: string;
  readonly requests: readonly RequestRecord[];
  /** `PUT /dev/faults` changes them, too. */
  readonly faults: FaultScript;
  close(): Promise<void>;
}

/**
 * Starts the stand-in for 1Password Connect: Connect's REST API over plain HTTP on the loopback, so that
 * tests and the sandbox need no 1Password account. It is as strict as Connect: 401 for a wrong token, 404
 * for unknown ids, 403 for a vault without access.
 */
export async function startConnect(options: ConnectOptions): Promise<ConnectServer> {
  const faults = new FaultScript();
  const requests: RequestRecord[] = [];
  const context: ApiContext = {
    store: options.store,
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
    void serve(context, { faults, token: options.token }, request, response);
  });
  await once(server.listen(options.port ?? 0, host), "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${host}:${String(port)}`,
    requests,
    faults,
    close: async () => {
      const closed = once(server.close(), "close");
      server.closeAllConnections();
      await closed;
    },
  };
}

async function serve(
  context: ApiContext,
  { faults, token }: { readonly faults: FaultScript; readonly token: string },
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const url = new URL(request.url ?? "/", "http://connect");
    const segments = url.pathname.split("/").filter(Boolean).map(decodeURIComponent);
    // A start-up check requests it, without a token.
    if (url.pathname === "/heartbeat") {
      response.writeHead(200, { "Content-Type": "text/plain" }).end(".");
      return;
    }
    if (url.pathname === "/dev/faults") {
      checkToken(request, token);
      send(response, setFaults(faults, await readBody(request)));
      return;
    }
    if (segments[0] !== "v1") throw new ConnectError(404, "resource not found");
    const verdict = faults.next(url.pathname);
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
    const { status, message } =
      error instanceof ConnectError ? error : new ConnectError(500, "internal error");
    send(response, { status, body: { status, message } });
  }
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
}

function setFaults(faults: FaultScript, body: unknown): ApiResponse {
  const parsed = z.array(faultSchema).safeParse(body);
  if (!parsed.success) throw new ConnectError(400, z.prettifyError(parsed.error));
  faults.clear();
  for (const fault of parsed.data) faults.play(fault);
  return { status: 204 };
}

function checkToken(request: IncomingMessage, token: string): void {
  if (request.headers.authorization === `Bearer ${token}`) return;
  throw new ConnectError(401, "Invalid token signature");
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const body = await text(request);
  if (body === "") return undefined;
  try {
    return JSON.parse(body) as unknown;
  } catch {
    throw new ConnectError(400, "Body is not JSON");
  }
}

function send(response: ServerResponse, result: ApiResponse, isTruncated = false): void {
  if (response.destroyed || response.writableEnded) return;
  response.setHeader("1Password-Connect-Version", version);
  if (result.body === undefined) {
    if (result.bytes !== undefined) response.setHeader("Content-Type", "application/octet-stream");
    response.writeHead(result.status).end(result.bytes);
    return;
  }
  const body = JSON.stringify(result.body);
  response.setHeader("Content-Type", "application/json; charset=utf-8");
  response.writeHead(result.status).end(isTruncated ? body.slice(0, body.length / 2) : body);
}
