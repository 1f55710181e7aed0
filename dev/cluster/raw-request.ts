import https from "node:https";
import { KubeConfig } from "@kubernetes/client-node";

/** A request to the API server. */
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

/**
 * Sends a request as user `admin` without the client library. That library drops every `x-kubernetes-…`
 * from a definition's schema, and the API server would then prune fields that it should keep.
 */
export async function sendRaw(kubeconfig: string, sent: RawRequest): Promise<RawAnswer> {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  config.setCurrentContext("admin");
  const options: https.RequestOptions = {};
  await config.applyToHTTPSOptions(options);
  const url = new URL(sent.path, config.getCurrentCluster()?.server);
  return await new Promise((resolve, reject) => {
    const request = https.request(url, { ...options, method: sent.method }, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        body += chunk;
      });
      response.on("error", reject);
      response.on("end", () => {
        const { message = "" } = JSON.parse(body) as { message?: string };
        resolve({ status: response.statusCode ?? 0, message });
      });
    });
    request.on("error", reject);
    request.setHeader("Content-Type", sent.contentType);
    request.end(JSON.stringify(sent.body));
  });
}
