import { generateKeyPairSync } from "node:crypto";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import https from "node:https";
import path from "node:path";
import type { ClusterTools } from "../../toolchain/cluster.ts";
import { findRunning, startInBackground, waitUntilReady } from "../background.ts";
import { writePrivately } from "../connect/vault-data.ts";
import { type ClusterFiles, type Ports, type Program, readTokens } from "./files.ts";

/**
 * etcd, kube-apiserver and kwok, which simulates nodes and kubelets. Each is started if it does not run,
 * and stays when this process ends. All listen on 127.0.0.1 or on a socket in the cluster's folder, which
 * only this user can open.
 */

/** Names of sockets in the cluster's folder. etcd needs the form of a host with a port. */
const etcdSocket = "localhost:1";
const peerSocket = "localhost:2";

/** Starts the store of the API server. It may be lost in a power cut, so nothing is synced to disk. */
export async function startEtcd(files: ClusterFiles, tools: ClusterTools): Promise<void> {
  if (findRunning(files.pid("etcd")) !== undefined) return;
  mkdirSync(files.etcdData, { recursive: true, mode: 0o700 });
  const args = [
    `--data-dir=${files.etcdData}`,
    `--listen-client-urls=unix://${etcdSocket}`,
    `--advertise-client-urls=unix://${etcdSocket}`,
    `--listen-peer-urls=unix://${peerSocket}`,
    `--initial-advertise-peer-urls=unix://${peerSocket}`,
    `--initial-cluster=default=unix://${peerSocket}`,
    "--unsafe-no-fsync",
    "--log-level=warn",
  ];
  startInBackground({ ...files.of("etcd"), command: tools.etcd, args });
  await until(files, "etcd", () => existsSync(path.join(files.home, etcdSocket)));
}

/** Starts the API server, with RBAC and tokens. It makes its certificate itself, once. */
export async function startApiServer(
  files: ClusterFiles,
  tools: ClusterTools,
  ports: Ports,
): Promise<void> {
  if (findRunning(files.pid("api-server")) === undefined) {
    if (!existsSync(files.accountKey)) {
      const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
      const key = privateKey.export({ type: "sec1", format: "pem" }).toString();
      writePrivately(files.accountKey, key);
    }
    const args = [
      `--etcd-servers=unix://${etcdSocket}`,
      "--bind-address=127.0.0.1",
      "--advertise-address=127.0.0.1",
      "--endpoint-reconciler-type=none",
      `--secure-port=${String(ports.apiServer)}`,
      `--cert-dir=${files.certs}`,
      `--token-auth-file=${files.tokenAuth}`,
      "--authorization-mode=RBAC",
      "--disable-admission-plugins=ServiceAccount",
      "--service-account-issuer=https://kubernetes.default.svc",
      `--service-account-key-file=${files.accountKey}`,
      `--service-account-signing-key-file=${files.accountKey}`,
      "--service-cluster-ip-range=10.96.0.0/16",
      "--kubelet-preferred-address-types=InternalIP",
    ];
    startInBackground({ ...files.of("api-server"), command: tools.apiServer, args });
  }
  await until(files, "api-server", () => {
    const { admin } = readTokens(files);
    return existsSync(files.certificate) && isServing(files, ports.apiServer, "/readyz", admin);
  });
}

/** Starts kwok, which sets the status of nodes and pods, and answers port-forwards as a kubelet does. */
export async function startKwok(
  files: ClusterFiles,
  tools: ClusterTools,
  ports: Ports,
): Promise<void> {
  if (findRunning(files.pid("kwok")) === undefined) {
    const args = [
      `--kubeconfig=${files.kwokKubeconfig}`,
      "--manage-all-nodes",
      "--enable-crds=ClusterPortForward",
      `--server-address=127.0.0.1:${String(ports.kwok)}`,
      "--node-ip=127.0.0.1",
      `--node-port=${String(ports.kwok)}`,
      `--tls-cert-file=${files.certificate}`,
      `--tls-private-key-file=${files.certificateKey}`,
    ];
    startInBackground({ ...files.of("kwok"), command: tools.kwok, args });
  }
  await until(files, "kwok", () => isServing(files, ports.kwok, "/healthz"));
}

async function until(
  files: ClusterFiles,
  program: Program,
  isReady: () => boolean | Promise<boolean>,
): Promise<void> {
  const describe = (isGone: boolean): string =>
    `the test cluster's ${program} ${isGone ? "ended at once" : "is not ready"}`;
  await waitUntilReady(files.of(program), describe, isReady);
}

function isServing(
  files: ClusterFiles,
  port: number,
  url: string,
  token?: string,
): Promise<boolean> {
  return new Promise((resolve) => {
    const request = https.get({
      host: "127.0.0.1",
      port,
      path: url,
      ca: readFileSync(files.certificate),
      agent: false,
      timeout: 2_000,
      headers: token === undefined ? {} : { Authorization: `Bearer ${token}` },
    });
    request.once("response", (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.once("timeout", () => request.destroy());
    request.once("error", () => {
      resolve(false);
    });
  });
}
