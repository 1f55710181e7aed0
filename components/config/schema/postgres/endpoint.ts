import { z } from "zod";
import { DnsLabel, LabelSelector, optionalBut, Port, Text } from "../primitives.ts";

const Kubernetes = z
  .strictObject({
    kubeconfig: z.string().describe("Path of a kubeconfig. Default: KUBECONFIG or ~/.kube/config."),
    context: z.string().describe("Context of the kubeconfig. Default: its current context."),
    namespace: DnsLabel.describe("Namespace of the Service or Pod."),
    service: DnsLabel.describe("Service to forward to. Give this, `pod` or `selector`."),
    pod: DnsLabel.describe("Pod to forward to."),
    selector: LabelSelector.describe(
      "Labels that only the primary's Pod has, as cluster-name=main,role=primary.",
    ),
    port: Port.describe("Port of the Service or Pod. Default: 5432."),
    localPort: Port.describe(
      "Port on 127.0.0.1 that the provider connects to. It is fixed so that previews show no change. Default: 15432.",
    ),
  })
  .apply(optionalBut("namespace"))
  .refine((k) => [k.service, k.pod, k.selector].filter((one) => one !== undefined).length === 1, {
    error: "give one of `service`, `pod` and `selector`",
  });

const Direct = z
  .strictObject({
    host: Text.describe("Host name or address that this machine can reach."),
    port: Port.describe("Port at that host. Default: 5432."),
  })
  .partial({ port: true });

/** `berth:postgres.endpoint`. */
export const Endpoint = z
  .strictObject({
    kubernetes: Kubernetes.describe("Through a port-forward. Give this or `direct`."),
    direct: Direct.describe("Without a port-forward. Give this or `kubernetes`."),
  })
  .partial()
  .refine((e) => (e.kubernetes === undefined) !== (e.direct === undefined), {
    error: "give either `kubernetes` (a port-forward) or `direct` (host and port)",
  })
  .describe("How this machine reaches Postgres: the server itself, not a connection pooler.");

/** `berth:postgres.tls`. */
export const Tls = z
  .strictObject({
    mode: z
      .enum(["disable", "require", "verify-ca", "verify-full"])
      .describe(
        "As libpq's sslmode. verify-full checks who signed the server's certificate and the name in it, verify-ca only who signed it, require neither. require with `ca` is verify-ca. Default: verify-full.",
      ),
    ca: z
      .string()
      .describe("PEM file with the CA. Default: the CAs of the system, with verify-full only."),
    serverName: z
      .string()
      .describe("Name in the server's certificate. Default: the Service's name."),
    cert: z
      .string()
      .describe("PEM file with the certificate that Berth shows the server. Default: none."),
    key: z.string().describe("PEM file with its key, which is not encrypted."),
  })
  .partial()
  .refine(({ cert, key }) => (cert === undefined) === (key === undefined), {
    error: "give both `cert` and `key`, or neither",
  })
  .refine(({ mode, cert }) => mode !== "disable" || cert === undefined, {
    error: "with mode disable there is no TLS, so `cert` and `key` have no effect; remove them",
  })
  // With the CAs of the system verify-ca would accept the certificate of any server.
  .refine(({ mode, ca }) => mode !== "verify-ca" || ca !== undefined, {
    error: "with mode verify-ca give `ca`, the PEM file with the server's CA",
  });
