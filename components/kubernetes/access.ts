import http from "node:http";
import https from "node:https";
import { readCredentials } from "./credentials.ts";
import { KubeError } from "./error.ts";
import { type KubeAsk, toPath, toRefusal, toUnreachable } from "./failure.ts";
import type { KubeContext } from "./kubeconfig.ts";

export interface RequestOptions {
  readonly timeoutMs: number;
  /** The request must not keep the process alive. */
  readonly isBackground: boolean;
}

/** A request by its path, such as `/apis/apps/v1/deployments`; one with a body is a POST. */
export interface KubeRequest {
  readonly path: string;
  readonly body?: unknown;
  /** A JSON merge patch: the request is a PATCH. */
  readonly patch?: unknown;
}

export interface KubeAnswer {
  readonly status: number;
  readonly body: string;
}

/** Requests to one API server with one credential. */
export interface KubeAccess {
  readonly context: KubeContext;
  /** GET; returns the parsed JSON. Throws a `KubeError` if the server refuses or does not answer. */
  read(
    ask: KubeAsk,
    query: Readonly<Record<string, string>>,
    options: RequestOptions,
  ): Promise<unknown>;
  /** Any request; returns any answer. Throws a `KubeError` only if there is no answer. */
  send(request: KubeRequest, options: RequestOptions): Promise<KubeAnswer>;
  /** Headers, certificates and agent that the API server wants. */
  credentials(): Promise<https.RequestOptions>;
  /** After a 401: run the kubeconfig's plugin again. False if that has just been done. */
  renewCredentials(): boolean;
}

const credentialsLiveMs = 30_000;
const answerLimit = 8 * 1024 * 1024;

/**
 * Uses the client library for the kubeconfig, but sends its own requests. The library's requests have no time
 * limit, keep the process alive, and put headers and whole bodies into error messages.
 *
 * A credential is kept for half a minute. An exec plugin is a process (often a second of Python), and twenty
 * connections at once must not start twenty of them.
 */
export function createKubeAccess(context: KubeContext): KubeAccess {
  let kept: { readonly at: number; readonly options: Promise<https.RequestOptions> } | undefined;
  let config = context.createConfig();
  const credentials = (): Promise<https.RequestOptions> => {
    if (kept === undefined || Date.now() - kept.at > credentialsLiveMs) {
      const options = readCredentials(context, config);
      kept = { at: Date.now(), options };
      options.catch(() => {
        kept = undefined;
      });
    }
    return kept.options;
  };
  const renewCredentials = (): boolean => {
    const isFresh = kept !== undefined && Date.now() - kept.at < 2_000;
    kept = undefined;
    config = context.createConfig();
    return !isFresh;
  };
  const send = async (request: KubeRequest, options: RequestOptions): Promise<KubeAnswer> => {
    const answer = await exchange(context, request, await credentials(), options);
    if (answer.status !== 401 || !renewCredentials()) return answer;
    return await exchange(context, request, await credentials(), options);
  };
  return {
    context,
    credentials,
    renewCredentials,
    send,
    read: async (ask, query, options) => {
      const answer = await send({ path: toPath(ask, query) }, options);
      if (answer.status < 200 || answer.status > 299) throw toRefusal(context, ask, answer);
      return parseAnswer(context, answer.body);
    },
  };
}

/** The API server's URL with a path; a server behind a prefix (Rancher) keeps the prefix. */
export function toUrl(context: KubeContext, path: string): URL {
  return new URL(`${context.cluster.server.replace(/\/+$/, "")}${path}`);
}

function exchange(
  context: KubeContext,
  { path, body, patch }: KubeRequest,
  credentials: https.RequestOptions,
  options: RequestOptions,
): Promise<KubeAnswer> {
  const url = toUrl(context, path);
  const sent = patch ?? body;
  const method = patch === undefined ? (body === undefined ? "GET" : "POST") : "PATCH";
  const type = patch === undefined ? "application/json" : "application/merge-patch+json";
  const client = url.protocol === "http:" ? http : https;
  return new Promise<KubeAnswer>((resolve, reject) => {
    const fail = (error: unknown): void => {
      reject(toUnreachable(context, error, `${method} ${url.pathname}`));
    };
    // The limit also covers a proxy that does not answer.
    const limit = { timeout: options.timeoutMs };
    const request = client.request(url, { ...credentials, ...limit, method });
    if (sent !== undefined) request.setHeader("content-type", type);
    request.once("response", (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on("data", (chunk: Buffer) => {
        size += chunk.length;
        if (size > answerLimit) response.destroy(new Error("the answer is too long"));
        chunks.push(chunk);
      });
      response.on("error", fail);
      response.on("end", () => {
        resolve({
          status: response.statusCode ?? 0,
          body: Buffer.concat(chunks).toString("utf8"),
        });
      });
    });
    const timer = setTimeout(() => {
      request.destroy(new Error(`no answer within ${String(options.timeoutMs / 1000)} s`));
    }, options.timeoutMs);
    if (options.isBackground) {
      timer.unref();
      request.on("socket", (socket) => socket.unref());
    }
    request.on("error", fail);
    request.on("close", () => {
      clearTimeout(timer);
    });
    request.end(sent === undefined ? undefined : JSON.stringify(sent));
  });
}

/** Parses the JSON of an answer. Throws a `KubeError` if it is not JSON. */
export function parseAnswer(context: KubeContext, body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    // The parser's message would quote the answer.
    throw new KubeError(
      "api-untrusted",
      `${context.cluster.server} (context "${context.name}") does not answer like a Kubernetes API server`,
      { hint: `${context.kubectl} cluster-info` },
    );
  }
}
