import type { ClusterTools } from "../../toolchain/cluster.ts";
import { findRunning, startWatchdog } from "../background.ts";
import { startApiServer, startEtcd, startKwok } from "./control-plane.ts";
import {
  choosePorts,
  makeFolder,
  programs,
  readPorts,
  toFiles,
  writeKubeconfigs,
} from "./files.ts";
import {
  applyAll,
  applyDefinitions,
  berthRights,
  namespace,
  node,
  openApi,
  operatorBinding,
  type PostgresService,
  portForward,
  postgresPod,
  postgresService,
  readManifests,
} from "./objects.ts";

/** A Kubernetes API server on this machine, with a simulated node and the real 1Password operator. */
export interface Cluster {
  readonly home: string;
  /** Path; its contexts are berth (current), admin and guest. */
  readonly kubeconfig: string;
}

export interface ClusterOptions {
  readonly home: string;
  readonly tools: ClusterTools;
  /** Process whose end, however it ends, stops the cluster. @default - the cluster stays */
  readonly owner?: number;
}

/** Makes what is missing and starts what is not running. A second call changes nothing. */
export async function openCluster({ home, tools, owner }: ClusterOptions): Promise<Cluster> {
  const files = toFiles(home);
  makeFolder(files);
  if (owner !== undefined) {
    const others = programs.filter((program) => program !== "watchdog");
    startWatchdog(owner, { ...files.of("watchdog"), pidFiles: others.map(files.pid) });
  }
  const isRunning = findRunning(files.pid("api-server")) !== undefined;
  const ports = (isRunning ? readPorts(files) : undefined) ?? (await choosePorts(files));
  await startEtcd(files, tools);
  await startApiServer(files, tools, ports);
  writeKubeconfigs(files, ports);
  await applyDefinitions(files.kubeconfig, readManifests(tools.crds));
  await applyAll(openApi(files.kubeconfig), [node, operatorBinding]);
  await startKwok(files, tools, ports);
  return { home, kubeconfig: files.kubeconfig };
}

/** Makes the Service and Pod of a Postgres in a namespace, with a port-forward to the real server. */
export async function addPostgres(cluster: Cluster, postgres: PostgresService): Promise<void> {
  const { namespace: where } = postgres;
  const api = openApi(cluster.kubeconfig);
  await applyAll(api, [namespace(where)]);
  const objects = [portForward(postgres), postgresService(where), postgresPod(where)];
  await applyAll(api, [...objects, ...berthRights(where)]);
}
