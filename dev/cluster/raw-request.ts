import https from "node:https";
import { KubeConfig } from "@kubernetes/client-node";

/** A request to the API server with the body as it is. */
export interface RawRequest {
  readonly method: "POST" | "PATCH";
  readonly path: string;
  readonly contentType: "application/json" | "application/apply-patch+yaml";
  readonly body: unknown;
}

/** What the API server answers; `message` is empty when it is content. */
export interface RawAnswer {
  readonly status: number;
  readonly message: string;
}

/**
 * As the user `admin`, past the client library: that one knows a definition's schema by names of its own
 * and drops every `x-kubernetes-…` in it, so that the server would prune what it should keep.
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
