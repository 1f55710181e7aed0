import type { KubernetesObject, KubernetesObjectApi } from "@kubernetes/client-node";
import { inject } from "vitest";
import type { EndpointSpec } from "../../components/config/spec/postgres.ts";
import { stopInBackground } from "../../dev/background.ts";
import { addPostgres, type Cluster } from "../../dev/cluster/cluster.ts";
import { startApiServer, startKwok } from "../../dev/cluster/control-plane.ts";
import { type Ports, readPorts, toFiles } from "../../dev/cluster/files.ts";
import {
  applyAll,
  type Manifest,
  openApi,
  portForward,
  postgresPod,
  serviceName,
} from "../../dev/cluster/objects.ts";
import { startOperator } from "../../dev/cluster/operator.ts";
import { waitFor } from "../../dev/cluster/wait-for.ts";
import { freePort } from "../../dev/postgres/ports.ts";
import type { SandboxOptions } from "../../dev/sandbox.ts";
import { Bed } from "../engine/bed.ts";

/** What a stack says of its way through the cluster. */
export interface KubernetesEndpoint {
  kubeconfig: string;
  context?: string;
  namespace: string;
  service: string;
  localPort: number;
}

/**
 * A bed whose Postgres is behind a Service of the project's cluster, in a namespace of the bed's own.
 * Its stack reaches it through Berth's port-forward, as user `berth`, who may do that and no more.
 */
export class ClusterBed {
  readonly bed: Bed;
  readonly cluster: Cluster = inject("cluster");
  readonly namespace: string;
  readonly localPort: number;
  /** As user `admin`. */
  readonly api: KubernetesObjectApi;

  private constructor(bed: Bed, namespace: string, localPort: number) {
    this.bed = bed;
    this.namespace = namespace;
    this.localPort = localPort;
    this.api = openApi(this.cluster.kubeconfig);
  }

  static async open(
    namespace: string,
    options: Omit<SandboxOptions, "home"> = {},
  ): Promise<ClusterBed> {
    const bed = await Bed.open(options);
    const localPort = await freePort();
    const self = new ClusterBed(bed, namespace, localPort);
    await addPostgres(self.cluster, { namespace, port: bed.sandbox.superuser.port });
    const endpoint: KubernetesEndpoint = {
      kubeconfig: self.cluster.kubeconfig,
      namespace,
      service: serviceName,
      localPort: self.localPort,
    };
    bed.configure((config) => {
      config["berth:postgres"]["endpoint"] = { kubernetes: endpoint };
    });
    await waitFor("a ready Pod", () => self.readyPod());
    return self;
  }

  async close(): Promise<void> {
    await stopInBackground(toFiles(this.cluster.home).pid("operator"), "SIGKILL");
    await this.bed.close();
  }

  /** The operator, on the bed's Connect, looking for changed items every second. */
  async startOperator(): Promise<void> {
    const { OP_CONNECT_HOST: url = "", OP_CONNECT_TOKEN: token = "" } = this.bed.sandbox.env;
    const options = { url, token, pollingInterval: 1 };
    await startOperator(toFiles(this.cluster.home), inject("clusterTools"), options);
  }

  /** The way to the bed's Postgres through its Service. */
  endpointSpec(): Extract<EndpointSpec, { readonly kind: "kubernetes" }> {
    return {
      kind: "kubernetes",
      kubeconfig: this.cluster.kubeconfig,
      context: undefined,
      namespace: this.namespace,
      target: { kind: "service", name: serviceName },
      port: 5432,
      localPort: this.localPort,
    };
  }

  /** Edits the way to Postgres in the stack file, and gives back what puts it as it was. */
  endpoint(edit: (endpoint: KubernetesEndpoint) => void): () => void {
    return this.bed.configure((config) => {
      const { kubernetes } = config["berth:postgres"]["endpoint"] as {
        kubernetes: KubernetesEndpoint;
      };
      edit(kubernetes);
    });
  }

  async applyAll(objects: readonly Manifest[]): Promise<void> {
    await applyAll(this.api, objects);
  }

  /** Leads connections to the bed's Pods to another port of this machine. */
  async forwardTo(port: number): Promise<void> {
    await this.applyAll([portForward({ namespace: this.namespace, port })]);
  }

  /** The bed's Pod gone, and another of its name in its place, as a StatefulSet does it. */
  async replacePod(): Promise<void> {
    const pod = postgresPod(this.namespace);
    const uid = (await this.readyPod())?.metadata as { uid?: string } | undefined;
    await this.api.delete(pod);
    await waitFor("the end of the Pod", async () => {
      const there = await this.read("v1", "Pod", this.namespace, pod.metadata.name);
      return there === undefined ? true : undefined;
    });
    await this.applyAll([pod]);
    await waitFor("another Pod", async () => {
      const { metadata } = (await this.readyPod()) ?? {};
      return metadata !== undefined && (metadata as { uid?: string }).uid !== uid?.uid
        ? true
        : undefined;
    });
  }

  /** The API server as after a crash: killed, and back on the same port. */
  async restartApiServer(): Promise<void> {
    const files = toFiles(this.cluster.home);
    await stopInBackground(files.pid("api-server"), "SIGKILL");
    await startApiServer(files, inject("clusterTools"), this.#ports);
  }

  /**
   * kwok as after a crash, which ends every connection that it leads on: unlike a kubelet, it keeps those
   * whose client went without Postgres' own goodbye.
   */
  async restartKwok(): Promise<void> {
    const files = toFiles(this.cluster.home);
    await stopInBackground(files.pid("kwok"), "SIGKILL");
    await startKwok(files, inject("clusterTools"), this.#ports);
  }

  /** Where the API server reaches the node: one connection for each port-forward that it holds. */
  get nodePort(): number {
    return this.#ports.kwok;
  }

  get #ports(): Ports {
    const ports = readPorts(toFiles(this.cluster.home));
    if (ports === undefined) throw new Error("the cluster was never started");
    return ports;
  }

  /** An object of the API; undefined when it is not there. */
  async read(
    apiVersion: string,
    kind: string,
    where: string,
    name: string,
  ): Promise<Manifest | undefined> {
    return await readIfThere(this.api, { apiVersion, kind, metadata: { namespace: where, name } });
  }

  /** Keys and values of a Secret. */
  async secret(where: string, name: string): Promise<Record<string, string> | undefined> {
    const bytes = await this.secretBytes(where, name);
    return (
      bytes &&
      Object.fromEntries(Object.entries(bytes).map(([key, value]) => [key, value.toString()]))
    );
  }

  /** The same, also where a value is no text. */
  async secretBytes(where: string, name: string): Promise<Record<string, Buffer> | undefined> {
    const secret = await this.read("v1", "Secret", where, name);
    if (secret === undefined) return undefined;
    const data = (secret["data"] ?? {}) as Record<string, string>;
    return Object.fromEntries(
      Object.entries(data).map(([key, value]) => [key, Buffer.from(value, "base64")]),
    );
  }

  /** The bed's Pod, once kwok has set it to Ready. */
  async readyPod(name = `${serviceName}-0`): Promise<Manifest | undefined> {
    const pod = await this.read("v1", "Pod", this.namespace, name);
    const { conditions = [] } = (pod?.["status"] ?? {}) as {
      conditions?: { type: string; status: string }[];
    };
    return conditions.some((c) => c.type === "Ready" && c.status === "True") ? pod : undefined;
  }
}

/** An object as it is; undefined when it is not there. */
export async function readIfThere(
  api: KubernetesObjectApi,
  { apiVersion, kind, metadata }: Manifest,
): Promise<(KubernetesObject & Manifest) | undefined> {
  const { name, namespace = "" } = metadata;
  try {
    const header = { apiVersion, kind, metadata: { name, namespace } };
    return await api.read<KubernetesObject & Manifest>(header);
  } catch (error) {
    if ((error as { code?: number }).code === 404) return undefined;
    throw error;
  }
}
