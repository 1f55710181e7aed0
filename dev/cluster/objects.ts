import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { KubernetesObjectApi, PatchStrategy } from "@kubernetes/client-node";
import pLimit from "p-limit";
import { parseAllDocuments } from "yaml";
import type { Manifest } from "../../components/delivery/yaml.ts";
import { loadKubeConfig, sendRaw } from "./raw-request.ts";
import { waitFor } from "./wait-for.ts";

export type { Manifest };

/** A Postgres of this machine that the cluster has a Service for. */
export interface PostgresService {
  readonly namespace: string;
  /** Its port on 127.0.0.1. */
  readonly port: number;
}

/** Name of the Service, as in the chart `bitnami/postgresql`. */
export const serviceName = "postgres-postgresql";

/** Not the field manager of a stack, which would then own the objects. */
const fieldManager = "berth-test-cluster";

const containerPort = 5432;
const labels = { "app.kubernetes.io/name": "postgresql" };

/** Requests to the API server as the user of a context. */
export function openApi(kubeconfig: string, context?: string): KubernetesObjectApi {
  return KubernetesObjectApi.makeApiClient(loadKubeConfig(kubeconfig, context));
}

export async function applyAll(
  api: KubernetesObjectApi,
  objects: readonly Manifest[],
): Promise<void> {
  const limit = pLimit(8);
  await Promise.all(objects.map((object) => limit(() => apply(api, object))));
}

/** Applies an object, as `kubectl apply --server-side --validate=strict`. */
export async function apply(api: KubernetesObjectApi, object: Manifest): Promise<void> {
  const how = PatchStrategy.ServerSideApply;
  await api.patch(object, undefined, undefined, fieldManager, true, how);
}

/** Applies custom resource definitions exactly as in their files, and then the other objects. */
export async function applyDefinitions(
  kubeconfig: string,
  objects: readonly Manifest[],
): Promise<void> {
  const isDefinition = ({ kind }: Manifest): boolean => kind === "CustomResourceDefinition";
  for (const { metadata, ...rest } of objects.filter(isDefinition)) {
    const path = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${metadata.name}`;
    const { status, message } = await sendRaw(kubeconfig, {
      method: "PATCH",
      path: `${path}?fieldManager=${fieldManager}&force=true&fieldValidation=Strict`,
      contentType: "application/apply-patch+yaml",
      body: { ...rest, metadata },
    });
    if (status >= 300) throw new Error(`definition ${metadata.name}: ${message}`);
  }
  await waitUntilServed(openApi(kubeconfig), objects.filter(isDefinition));
  const others = objects.filter((object) => !isDefinition(object));
  await applyAll(openApi(kubeconfig), others);
}

/** The API server serves a new kind shortly after it has accepted its definition. */
async function waitUntilServed(
  api: KubernetesObjectApi,
  definitions: readonly Manifest[],
): Promise<void> {
  const kinds = definitions.flatMap(({ spec }) => {
    const { group, names, versions } = spec as DefinitionSpec;
    const served = versions.filter((version) => version.served);
    return served.map(({ name }) => ({ apiVersion: `${group}/${name}`, kind: names.kind }));
  });
  for (const { apiVersion, kind } of kinds) {
    await waitFor(`${kind} of ${apiVersion}`, async () => {
      try {
        await api.list(apiVersion, kind);
        return true;
      } catch {
        return undefined;
      }
    });
  }
}

interface DefinitionSpec {
  readonly group: string;
  readonly names: { readonly kind: string };
  readonly versions: readonly { readonly name: string; readonly served: boolean }[];
}

export function readManifests(folder: string): Manifest[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.ya?ml$/.test(name))
    .sort()
    .flatMap((name) => parseAllDocuments(readFileSync(path.join(folder, name), "utf8")))
    .map((document) => document.toJS() as Manifest | null)
    .filter((object) => object !== null);
}

/** The node that kwok simulates. */
export const node: Manifest = {
  apiVersion: "v1",
  kind: "Node",
  metadata: { name: "node-0" },
};

export function namespace(name: string): Manifest {
  return { apiVersion: "v1", kind: "Namespace", metadata: { name } };
}

/** The Service of the Pods that `postgresPod` makes. */
export function postgresService(where: string): Manifest {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: serviceName, namespace: where },
    spec: {
      selector: labels,
      ports: [{ name: "tcp-postgresql", port: 5432, targetPort: "tcp-postgresql" }],
    },
  };
}

/** A simulated Pod: kwok sets it to Ready and forwards its port to another address. */
export function postgresPod(where: string): Manifest {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: `${serviceName}-0`, namespace: where, labels },
    spec: {
      nodeName: "node-0",
      terminationGracePeriodSeconds: 0,
      containers: [
        {
          name: "postgresql",
          image: "postgres",
          ports: [{ name: "tcp-postgresql", containerPort }],
        },
      ],
    },
  };
}

/** The address to which kwok forwards connections to the Pods of a namespace. */
export function portForward({ namespace: where, port }: PostgresService): Manifest {
  return {
    apiVersion: "kwok.x-k8s.io/v1alpha1",
    kind: "ClusterPortForward",
    metadata: { name: where },
    spec: {
      selector: { matchNamespaces: [where] },
      forwards: [{ ports: [containerPort], target: { address: "127.0.0.1", port } }],
    },
  };
}

/**
 * The rights of user `berth` in the namespace: exactly what Berth needs to reach Postgres.
 *
 * @param followsEndpoints Whether the Service has no selector.
 * @param verbs On port-forwards. One over a websocket starts as a GET. From Kubernetes 1.35 it also needs `create`.
 */
export function berthRights(
  where: string,
  followsEndpoints = false,
  verbs: readonly string[] = ["get", "create"],
): Manifest[] {
  return giveRights({ name: "berth-port-forward", namespace: where }, [
    rule("", ["services"], ["get"]),
    rule("", ["pods"], ["get", "list"]),
    rule("", ["pods/portforward"], verbs),
    ...(followsEndpoints ? [rule("discovery.k8s.io", ["endpointslices"], ["list"])] : []),
  ]);
}

/** The rights of user `berth` in all namespaces that cluster mode also needs. */
export function deliveryRights(): Manifest[] {
  const all = ["get", "list", "watch", "create", "patch", "delete"];
  return giveRights({ name: "berth-delivery" }, [
    rule("", ["namespaces"], ["get", "create", "patch"]),
    rule("onepassword.com", ["onepassworditems"], all),
    rule("argoproj.io", ["applications"], all),
  ]);
}

const rbac = "rbac.authorization.k8s.io";

function rule(group: string, resources: readonly string[], verbs: readonly string[]) {
  return { apiGroups: [group], resources, verbs };
}

/** Gives user `berth` a role of its own: in one namespace, or in all. */
function giveRights(
  metadata: Manifest["metadata"],
  rules: readonly ReturnType<typeof rule>[],
): Manifest[] {
  const kind = metadata.namespace === undefined ? "ClusterRole" : "Role";
  return [
    { apiVersion: `${rbac}/v1`, kind, metadata, rules },
    bind(metadata, metadata.name, toUser("berth")),
  ];
}

/** Gives somebody the rights of a ClusterRole, or of a Role if the binding is in a namespace. */
export function bind(metadata: Manifest["metadata"], role: string, subject: object): Manifest {
  const kind = metadata.namespace === undefined ? "ClusterRole" : "Role";
  return {
    apiVersion: `${rbac}/v1`,
    kind: `${kind}Binding`,
    metadata,
    roleRef: { apiGroup: rbac, kind, name: role },
    subjects: [subject],
  };
}

function toUser(name: string) {
  return { apiGroup: rbac, kind: "User", name };
}

/** Gives the operator the rights of its own release. */
export const operatorBinding = bind(
  { name: "onepassword-operator" },
  "manager-role",
  toUser("operator"),
);
