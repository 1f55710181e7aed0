import http from "node:http";
import type { AddressInfo } from "node:net";
import { vi } from "vitest";
import { openEndpoint } from "../../../components/tunnel/endpoint.ts";
import { freePort } from "../../../dev/postgres/ports.ts";
import { plainTls, startCluster, toKubeconfig } from "../../tunnel/cluster.ts";
import { writeKubeconfig } from "../../tunnel/refusal.ts";
import type { Row } from "../trial.ts";
import { ofKubeconfig, patience, service, throughCluster } from "./cluster-case.ts";

/** Fixes of a kubeconfig and of what the API server refuses. */

const kubeconfigRows: readonly Row[] = [
  {
    fix: "correct ….kubeconfig, or leave it out to use KUBECONFIG or ~/.kube/config",
    when: "the file is not there",
    arrange: throughCluster({
      break: () => ({ kubeconfig: "/nowhere/config" }),
      repair: (cluster) => {
        vi.stubEnv("KUBECONFIG", cluster.kubeconfig);
        return { kubeconfig: undefined };
      },
    }),
  },
  {
    fix: "set KUBECONFIG or ….kubeconfig",
    when: "none is there",
    arrange: throughCluster({
      break: () => {
        vi.stubEnv("KUBECONFIG", "/nowhere/config");
        return { kubeconfig: undefined };
      },
      repair: () => ({}),
    }),
  },
  {
    fix: "kubectl --kubeconfig … config view",
    when: "it is something else",
    arrange: throughCluster({
      break: (cluster) => ({ kubeconfig: writeKubeconfig(cluster, "[a]") }),
      repair: () => undefined,
    }),
  },
  {
    fix: "set ….context to one of them",
    when: "the context is mistyped",
    arrange: throughCluster({
      break: () => ({ context: "hoem" }),
      repair: (_, __, message) => ({ context: /it has: (\w+)/.exec(message)?.[1] }),
    }),
  },
  {
    fix: "kubectl config view",
    when: "a context names a user that is not there",
    arrange: ofKubeconfig(({ contexts }) => {
      for (const { context } of contexts) context.user = "bob";
    }),
  },
  {
    fix: "take it out of the URL in …",
    when: "the server has a login in its URL",
    arrange: ofKubeconfig(({ clusters }) => {
      for (const { cluster } of clusters)
        cluster.server = cluster.server.replace("//", "//bot:canary@");
    }),
  },
].map((row) => ({ file: "components/kubernetes/kubeconfig.ts", ...row }));

/** Something else answers where the API server should. */
const ofOtherServer: Row["arrange"] = async () => {
  const cluster = await startCluster();
  const other = http.createServer((_, response) => response.end("<html>"));
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  const { port } = other.address() as AddressInfo;
  const text = toKubeconfig(`http://127.0.0.1:${String(port)}`, "t");
  let kubeconfig = writeKubeconfig(cluster, text);
  return {
    run: async () => {
      const endpoint = await openEndpoint(cluster.spec({ kubeconfig }), plainTls, { patience });
      try {
        await endpoint.connect();
      } finally {
        await endpoint.close();
      }
    },
    repair: () => {
      kubeconfig = cluster.kubeconfig;
    },
    end: async () => {
      other.close();
      await cluster.stop();
    },
  };
};

const requestRows: readonly Row[] = [
  {
    file: "components/kubernetes/access.ts",
    fix: "… cluster-info",
    when: "something else answers",
    arrange: ofOtherServer,
  },
  {
    file: "components/kubernetes/credentials.ts",
    fix: "say in `as` of this user in the kubeconfig who they belong to",
    when: "groups belong to nobody",
    arrange: ofKubeconfig(({ users: [alice] }) => {
      if (alice !== undefined) alice.user["as-groups"] = ["dbas"];
    }),
  },
  {
    file: "components/kubernetes/credentials.ts",
    fix: "set interactiveMode to IfAvailable",
    when: "a plugin asks people",
    arrange: ofKubeconfig(({ users: [alice] }) => {
      if (alice === undefined) return;
      alice.user = { exec: { command: "./login", interactiveMode: "Always" } };
    }),
  },
  {
    file: "components/kubernetes/failure.ts",
    fix: "log in to the cluster again",
    when: "the credential is refused",
    arrange: throughCluster({
      break: (cluster) => ({
        kubeconfig: writeKubeconfig(cluster, toKubeconfig(cluster.api.url, "expired")),
      }),
      repair: () => undefined,
    }),
  },
  {
    file: "components/kubernetes/failure.ts",
    fix: "see what there is: … get …; then correct berth:postgres.endpoint.kubernetes",
    when: "there is no such Service",
    arrange: throughCluster({ break: () => service("pg"), repair: () => undefined }),
  },
  ...["get services", "list pods", "get pods/portforward"].map((right) => ({
    file: "components/kubernetes/rbac.ts",
    fix: "have a … with … on … bound to this user; test with: …",
    when: `the right to ${right} is missing`,
    arrange: throughCluster({
      break: ({ api }) => void api.denied.add(right),
      // What the fix says to grant, and nothing else.
      repair: ({ api }, fix) => {
        const [, resource = ""] = /verbs? .*? on (\S+) bound/.exec(fix) ?? [];
        for (const [, verb = ""] of fix.matchAll(/"(\w+)"/g))
          api.denied.delete(`${verb} ${resource}`);
      },
    }),
  })),
  {
    file: "components/kubernetes/failure.ts",
    fix: "… get pods",
    when: "the API server fails",
    arrange: throughCluster({
      break: ({ api }) => void api.failures.push({ status: 500, body: "" }),
      repair: () => undefined,
    }),
  },
  {
    file: "components/kubernetes/failure.ts",
    fix: "… cluster-info",
    when: "the API server is away",
    arrange: throughCluster({
      break: async (cluster) => ({
        kubeconfig: writeKubeconfig(
          cluster,
          toKubeconfig(`http://127.0.0.1:${String(await freePort())}`, "t"),
        ),
      }),
      repair: () => undefined,
    }),
  },
];

export const kubernetesRows: readonly Row[] = [...kubeconfigRows, ...requestRows];
