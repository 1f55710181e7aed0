import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { KubeConfig, KubernetesObjectApi, PatchStrategy } from "@kubernetes/client-node";
import pLimit from "p-limit";
import { parseAllDocuments } from "yaml";
import { sendRaw } from "./raw-request.ts";
import { waitFor } from "./wait-for.ts";

/** Any object of the API, as plain values. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly [field: string]: unknown;
}

/** Where Postgres seems to be in the cluster, and where it is. */
export interface PostgresService {
  readonly namespace: string;
  /** On 127.0.0.1. */
  readonly port: number;
}

/** Name of the Service, as the chart `bitnami/postgresql` gives it. */
export const serviceName = "postgres-postgresql";

/** Another than that of any stack, which would take the objects for its own. */
const fieldManager = "berth-test-cluster";

const containerPort = 5432;
const labels = { "app.kubernetes.io/name": "postgresql" };

/** Requests to the API server as the user of a context. */
export function openApi(kubeconfig: string, context = "admin"): KubernetesObjectApi {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  config.setCurrentContext(context);
  return KubernetesObjectApi.makeApiClient(config);
}

/** Server-side apply with strict field validation, some objects at a time. */
export async function applyAll(
  api: KubernetesObjectApi,
  objects: readonly Manifest[],
): Promise<void> {
  const limit = pLimit(8);
  await Promise.all(objects.map((object) => limit(() => apply(api, object))));
}

/** As `kubectl apply --server-side --validate=strict`. */
export async function apply(api: KubernetesObjectApi, object: Manifest): Promise<void> {
  const how = PatchStrategy.ServerSideApply;
  await api.patch(object, undefined, undefined, fieldManager, true, how);
}

/** Custom resource definitions and what comes with them, each as its file has it. */
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

/** The API server takes a definition at once, and answers for its kind a little later. */
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

/** Every document in the files of a folder. */
export function readManifests(folder: string): Manifest[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.ya?ml$/.test(name))
    .sort()
    .flatMap((name) => parseAllDocuments(readFileSync(path.join(folder, name), "utf8")))
    .map((document) => document.toJS() as Manifest | null)
    .filter((object) => object !== null);
}

/** The node that kwok plays. */
export const node: Manifest = {
  apiVersion: "v1",
  kind: "Node",
  metadata: { name: "node-0" },
};

export function namespace(name: string): Manifest {
  return { apiVersion: "v1", kind: "Namespace", metadata: { name } };
}

/** The Service in front of the Pods that `postgresPod` makes. */
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

/** A Pod that only seems to run: kwok sets it to Ready and forwards its port elsewhere. */
export function postgresPod(where: string, name = `${serviceName}-0`): Manifest {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: where, labels },
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

/** Where kwok leads connections to the Pods of a namespace. */
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
 * What Berth needs to reach Postgres, and no more: the rights of user `berth` in the namespace. A
 * port-forward over a websocket begins as a GET, and from Kubernetes 1.35 on needs `create` besides.
 */
export function berthRights(where: string, verbs = ["get", "create"]): Manifest[] {
  const name = "berth-port-forward";
  const rule = (resources: string[], may: string[]) => ({ apiGroups: [""], resources, verbs: may });
  return [
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "Role",
      metadata: { name, namespace: where },
      rules: [
        rule(["services"], ["get"]),
        rule(["pods"], ["get", "list"]),
        rule(["pods/portforward"], verbs),
      ],
    },
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "RoleBinding",
      metadata: { name, namespace: where },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name },
      subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: "berth" }],
    },
  ];
}

/** What Berth needs besides to deliver to the cluster itself, in any namespace: the rights of user `berth`. */
export function deliveryRights(): Manifest[] {
  const name = "berth-delivery";
  const rule = (group: string, resources: string[], verbs: string[]) => ({
    apiGroups: [group],
    resources,
    verbs,
  });
  const whole = ["get", "list", "watch", "create", "patch", "delete"];
  return [
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRole",
      metadata: { name },
      rules: [
        rule("", ["namespaces"], ["get", "create", "patch"]),
        rule("onepassword.com", ["onepassworditems"], whole),
        rule("argoproj.io", ["applications"], whole),
      ],
    },
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRoleBinding",
      metadata: { name },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name },
      subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: "berth" }],
    },
  ];
}

/** Gives the operator the rights that its own release gives it. */
export const operatorBinding: Manifest = {
  apiVersion: "rbac.authorization.k8s.io/v1",
  kind: "ClusterRoleBinding",
  metadata: { name: "onepassword-operator" },
  roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "manager-role" },
  subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: "operator" }],
};
