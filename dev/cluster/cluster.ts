import { fileURLToPath } from "node:url";
import type { ClusterTools } from "../../toolchain/cluster.ts";
import { findRunning, startInBackground } from "../background.ts";
import { startApiServer, startEtcd, startKwok } from "./control-plane.ts";
import { choosePorts, makeFolder, readPorts, toFiles, writeKubeconfigs } from "./files.ts";
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
import { type OperatorOptions, startOperator } from "./operator.ts";
import { stopProgram } from "./stop.ts";

/** A Kubernetes API server on this machine, with a node that is played and an operator that is not. */
export interface Cluster {
  readonly home: string;
  /** With the contexts berth (current), admin and guest. */
  readonly kubeconfig: string;
}

/** How a cluster is made. */
export interface ClusterOptions {
  readonly home: string;
  readonly tools: ClusterTools;
  /** The cluster goes when this process does, however it ends. @default - it stays */
  readonly owner?: number;
}

/** Makes what is missing and starts what is not running. Doing it twice changes nothing. */
export async function openCluster({ home, tools, owner }: ClusterOptions): Promise<Cluster> {
  const files = toFiles(home);
  makeFolder(files);
  if (owner !== undefined) watch(home, owner);
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

/** Puts the Service and the Pod of a Postgres into a namespace, with the way to the real one. */
export async function addPostgres(cluster: Cluster, postgres: PostgresService): Promise<void> {
  const { namespace: where } = postgres;
  const api = openApi(cluster.kubeconfig);
  await applyAll(api, [namespace(where)]);
  const objects = [portForward(postgres), postgresService(where), postgresPod(where)];
  await applyAll(api, [...objects, ...berthRights(where)]);
}

/** Starts the 1Password operator. */
export async function addOperator(
  { home }: Cluster,
  tools: ClusterTools,
  options: OperatorOptions,
): Promise<void> {
  await startOperator(toFiles(home), tools, options);
}

/** Lets the cluster outlive its owner. */
export async function keepCluster({ home }: Cluster): Promise<void> {
  await stopProgram(toFiles(home), "watchdog");
}

function watch(home: string, owner: number): void {
  const files = toFiles(home);
  startInBackground({
    pidFile: files.pid("watchdog"),
    logFile: files.log("watchdog"),
    args: [fileURLToPath(new URL("watchdog.ts", import.meta.url)), String(owner), home],
  });
}
