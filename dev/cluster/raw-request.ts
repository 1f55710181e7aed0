import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import https from "node:https";
import { text } from "node:stream/consumers";
import { KubeConfig } from "@kubernetes/client-node";

export interface RawRequest {
  readonly method: "POST" | "PATCH";
  readonly path: string;
  readonly contentType: "application/json" | "application/apply-patch+yaml";
  readonly body: unknown;
}

/** Answer of the API server; `message` is empty if it succeeded. */
export interface RawAnswer {
  readonly status: number;
  readonly message: string;
}

/** A kubeconfig, as the user of a context. */
export function loadKubeConfig(file: string, context = "admin"): KubeConfig {
  const config = new KubeConfig();
  config.loadFromFile(file);
  config.setCurrentContext(context);
  return config;
}

/**
 * Sends a request as user `admin` without the client library. That library drops every `x-kubernetes-…`
 * from a definition's schema, and the API server would then prune fields that it should keep.
 */
export async function sendRaw(kubeconfig: string, sent: RawRequest): Promise<RawAnswer> {
  const config = loadKubeConfig(kubeconfig);
  const options: https.RequestOptions = {};
  await config.applyToHTTPSOptions(options);
  const url = new URL(sent.path, config.getCurrentCluster()?.server);
  const request = https.request(url, { ...options, method: sent.method });
  request.setHeader("Content-Type", sent.contentType);
  request.end(JSON.stringify(sent.body));
  const [response] = (await once(request, "response")) as [IncomingMessage];
  const { message = "" } = JSON.parse(await text(response)) as { message?: string };
  return { status: response.statusCode ?? 0, message };
}
