import https from "node:https";
import { KubeConfig } from "@kubernetes/client-node";
import { kindOf } from "../../components/delivery/kinds.ts";
import type { KubernetesObject } from "../../components/delivery/yaml.ts";

/** What the API server says of an object. */
export interface Verdict {
  readonly status: number;
  readonly message: string;
}

/**
 * Would this object be accepted? As `kubectl create --dry-run=server --validate=strict`: a field that
 * the definition does not know is refused, where it would otherwise be dropped.
 */
export async function tryStrictly(kubeconfig: string, object: KubernetesObject): Promise<Verdict> {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  config.setCurrentContext("admin");
  const options: https.RequestOptions = {};
  await config.applyToHTTPSOptions(options);
  const url = new URL(toPath(object), config.getCurrentCluster()?.server);
  return await new Promise((resolve, reject) => {
    const request = https.request(url, { ...options, method: "POST" }, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        body += chunk;
      });
      response.on("end", () => {
        const { message = "" } = JSON.parse(body) as { message?: string };
        resolve({ status: response.statusCode ?? 0, message });
      });
    });
    request.on("error", reject);
    request.setHeader("Content-Type", "application/json");
    request.end(JSON.stringify(object));
  });
}

function toPath(object: KubernetesObject): string {
  const { namespace } = object.metadata;
  const root = object.apiVersion === "v1" ? "/api/v1" : `/apis/${object.apiVersion}`;
  const scope = namespace === undefined ? "" : `/namespaces/${namespace}`;
  return `${root}${scope}/${kindOf(object).resource}?dryRun=All&fieldValidation=Strict`;
}
