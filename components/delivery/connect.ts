import { SHARED } from "../config/derive/names.ts";
import type { ConnectServerSpec } from "../config/spec/secrets.ts";
import type { StackSpec } from "../config/spec.ts";
import { containerSecurity, podSecurity, toEnv } from "./jobs/pod-security.ts";
import { toLabels, toWaveAnnotation, WAVES } from "./metadata.ts";
import type { Manifest } from "./yaml.ts";

const http = { port: 8080, syncPort: 8081 } as const;
/** User `opuser` of the images. */
const userId = 999;
const home = "/home/opuser/.op";
const credentialsFile = "1password-credentials.json";

/**
 * 1Password Connect, if the stack asks for it: API and sync in one Pod, as 1Password's own chart has them, and a policy
 * that lets in only the namespaces of its clients. The credentials are a Secret that exists: they cannot come through
 * Connect itself.
 *
 * @see https://developer.1password.com/docs/connect/
 */
export function planConnect({ secrets }: StackSpec): readonly Manifest[] {
  const server = secrets.store?.connect?.deploy;
  if (server === undefined) return [];
  const { name, namespace } = server;
  const labels = { ...toLabels(SHARED), "app.kubernetes.io/name": name };
  const metadata = { name, namespace, labels, annotations: toWaveAnnotation(WAVES.connect) };
  const selector = { "app.kubernetes.io/name": name };
  return [
    {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata,
      spec: {
        selector: { matchLabels: selector },
        template: { metadata: { labels }, spec: toPodSpec(server) },
      },
    },
    {
      apiVersion: "v1",
      kind: "Service",
      metadata,
      spec: {
        selector,
        ports: [{ name: "http", port: http.port, targetPort: "http", protocol: "TCP" }],
      },
    },
    {
      apiVersion: "networking.k8s.io/v1",
      kind: "NetworkPolicy",
      metadata,
      spec: {
        podSelector: { matchLabels: selector },
        policyTypes: ["Ingress"],
        ingress: [
          {
            from: server.clients.map((client) => ({
              // Kubernetes itself gives this label to each namespace.
              namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": client } },
            })),
            ports: [{ protocol: "TCP", port: http.port }],
          },
        ],
      },
    },
    ...(server.serviceMonitor ? planMonitors(server, metadata) : []),
  ];
}

/** What Prometheus reads: Connect, and External Secrets where it is. */
function planMonitors(
  { clients, name, namespace }: ConnectServerSpec,
  metadata: Manifest["metadata"],
): readonly Manifest[] {
  const plan = (of: string, port: string, namespaces: readonly string[]): Manifest => ({
    apiVersion: "monitoring.coreos.com/v1",
    kind: "ServiceMonitor",
    metadata: { ...metadata, name: of },
    spec: {
      selector: { matchLabels: { "app.kubernetes.io/name": of } },
      namespaceSelector: { matchNames: namespaces },
      endpoints: [{ port, path: "/metrics" }],
    },
  });
  return [plan(name, "http", [namespace]), plan("external-secrets", "metrics", clients)];
}

function toPodSpec({ credentials, version }: ConnectServerSpec) {
  return {
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    securityContext: { ...podSecurity(userId), fsGroup: userId },
    containers: [
      toContainer("connect-api", version, { port: http.port, bus: "11220", peer: "11221" }),
      toContainer("connect-sync", version, { port: http.syncPort, bus: "11221", peer: "11220" }),
    ],
    volumes: [
      { name: "data", emptyDir: {} },
      {
        name: "credentials",
        secret: {
          secretName: credentials.name,
          items: [{ key: credentials.key, path: credentialsFile }],
        },
      },
    ],
  };
}

/** Each half finds the other on its bus. */
function toContainer(
  name: "connect-api" | "connect-sync",
  version: string,
  { port, bus, peer }: { readonly port: number; readonly bus: string; readonly peer: string },
) {
  const portName = name === "connect-api" ? "http" : "sync";
  const env = {
    OP_SESSION: `${home}/${credentialsFile}`,
    OP_HTTP_PORT: String(port),
    OP_BUS_PORT: bus,
    OP_BUS_PEERS: `localhost:${peer}`,
  };
  const probe = (path: string) => ({ httpGet: { path, port: portName, scheme: "HTTP" } });
  return {
    name,
    image: `docker.io/1password/${name}:${version}`,
    ports: [{ name: portName, containerPort: port, protocol: "TCP" }],
    env: toEnv(env),
    readinessProbe: { ...probe("/health"), initialDelaySeconds: 15 },
    livenessProbe: { ...probe("/heartbeat"), initialDelaySeconds: 15, periodSeconds: 30 },
    securityContext: containerSecurity(),
    resources: { requests: { cpu: "50m", memory: "64Mi" }, limits: { memory: "256Mi" } },
    volumeMounts: [
      { name: "data", mountPath: `${home}/data` },
      {
        name: "credentials",
        mountPath: `${home}/${credentialsFile}`,
        subPath: credentialsFile,
        readOnly: true,
      },
    ],
  };
}
