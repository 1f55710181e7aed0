import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import type { Cluster, Context, KubeConfig, User } from "@kubernetes/client-node";
import { KubeError, toShellWord, toShownText } from "./error.ts";

/** Which kubeconfig and which context in it. */
export interface KubeconfigChoice {
  /** Path; undefined = KUBECONFIG or ~/.kube/config, or the pod's own service account. */
  readonly kubeconfig: string | undefined;
  /** undefined = its current context. */
  readonly context: string | undefined;
  /** Key of the stack file that holds the two, for messages. */
  readonly setting?: string;
}

/** Where a stack file says it for Postgres. */
const postgresSetting = "berth:postgres.endpoint.kubernetes";

/** One context of a kubeconfig, complete: it has a cluster and a user. */
export interface KubeContext {
  readonly config: KubeConfig;
  readonly name: string;
  readonly cluster: Cluster;
  readonly user: User;
  /** `kubectl` with the flags that lead to this context, for messages. */
  readonly kubectl: string;
}

interface Parts {
  readonly clusters: readonly Cluster[];
  readonly users: readonly User[];
  readonly contexts: readonly Context[];
  readonly currentContext: string | undefined;
}

/**
 * Reads the kubeconfig as kubectl does: of several files the first to say something wins, and files
 * that do not exist are passed over. The client library's own reading throws on both, and shows a
 * piece of the file (which may be a token) when the YAML is broken.
 */
export async function loadKubeContext(choice: KubeconfigChoice): Promise<KubeContext> {
  // Loaded here, and not above, because it takes half a second that a direct endpoint never needs.
  const { KubeConfig: Config } = await import("@kubernetes/client-node");
  const files = findKubeconfigs(choice);
  const config = new Config();
  if (files === undefined) {
    config.loadFromCluster();
  } else {
    config.loadFromOptions(mergeParts(files.map((file) => readParts(new Config(), file))));
  }
  return chooseContext(config, choice, files?.join(delimiter) ?? "the pod's service account");
}

/** undefined = there is none, but the process runs in a pod that has a service account. */
function findKubeconfigs({
  kubeconfig: path,
  setting = postgresSetting,
}: KubeconfigChoice): readonly string[] | undefined {
  if (path !== undefined) {
    const file = path.startsWith("~/") ? join(homedir(), path.slice(2)) : path;
    if (existsSync(file)) return [file];
    throw new KubeError("kubeconfig", `kubeconfig ${file} does not exist`, {
      hint: `correct ${setting}.kubeconfig, or leave it out to use KUBECONFIG or ~/.kube/config`,
    });
  }
  const fromEnvironment = (process.env.KUBECONFIG ?? "").split(delimiter).filter((f) => f !== "");
  const usual = join(homedir(), ".kube", "config");
  const files = fromEnvironment.length > 0 ? fromEnvironment : [usual];
  const present = files.filter((file) => existsSync(file));
  if (present.length > 0) return present;
  const inPod = "/var/run/secrets/kubernetes.io/serviceaccount/token";
  if (fromEnvironment.length === 0 && existsSync(inPod)) return undefined;
  const asked = fromEnvironment.length > 0 ? `KUBECONFIG names ${files.join(", ")}` : usual;
  throw new KubeError("kubeconfig", `no kubeconfig: ${asked} does not exist`, {
    hint: `set KUBECONFIG or ${setting}.kubeconfig${setting === postgresSetting ? ", or use a direct endpoint" : ""}`,
  });
}

function readParts(config: KubeConfig, file: string): Parts {
  try {
    config.loadFromFile(file);
  } catch (error) {
    throw new KubeError("kubeconfig", `kubeconfig ${file} cannot be read: ${toReason(error)}`, {
      hint: `kubectl --kubeconfig ${toShellWord(file)} config view`,
    });
  }
  return config;
}

/** Never the parser's message: it quotes the lines around the fault. */
function toReason(error: unknown): string {
  if (!(error instanceof Error)) return "unknown fault";
  if ("mark" in error) {
    const { mark } = error as { mark?: { line?: number } };
    return `not valid YAML near line ${String((mark?.line ?? 0) + 1)}`;
  }
  if (error instanceof TypeError) return "it is not a kubeconfig";
  return toShownText(error.message);
}

function mergeParts(parts: readonly Parts[]): Parts {
  return {
    clusters: toFirstOfEachName(parts.flatMap((p) => p.clusters)).map(allowPlainHttp),
    users: toFirstOfEachName(parts.flatMap((p) => p.users)),
    contexts: toFirstOfEachName(parts.flatMap((p) => p.contexts)),
    currentContext: parts.map((p) => p.currentContext).find((c) => c !== undefined && c !== ""),
  };
}

function toFirstOfEachName<T extends { readonly name: string }>(all: readonly T[]): readonly T[] {
  return all.filter((one, index) => all.findIndex((other) => other.name === one.name) === index);
}

/** `kubectl proxy` serves plain HTTP; the client library refuses it unless told there is no TLS. */
function allowPlainHttp(cluster: Cluster): Cluster {
  return cluster.server.startsWith("http:") ? { ...cluster, skipTLSVerify: true } : cluster;
}

function chooseContext(config: KubeConfig, choice: KubeconfigChoice, source: string): KubeContext {
  const names = config.getContexts().map((context) => context.name);
  const there = names.length === 0 ? "it has none" : `it has: ${names.toSorted().join(", ")}`;
  const setting = `set ${choice.setting ?? postgresSetting}.context to one of them`;
  const name = choice.context ?? config.getCurrentContext();
  if (!name) {
    throw new KubeError("kubeconfig", `${source} has no current context; ${there}`, {
      hint: setting,
    });
  }
  const context = config.getContextObject(name);
  if (context === null) {
    throw new KubeError("kubeconfig", `no context "${name}" in ${source}; ${there}`, {
      hint: setting,
    });
  }
  const cluster = config.getCluster(context.cluster);
  const user = config.getUser(context.user);
  if (cluster === null || user === null || !URL.canParse(cluster.server)) {
    const missing = user === null ? `user "${context.user}"` : `cluster "${context.cluster}"`;
    const message = `context "${name}" names ${missing}, which ${source} does not describe`;
    throw new KubeError("kubeconfig", message, { hint: "kubectl config view" });
  }
  config.setCurrentContext(name);
  setExecInfo(user);
  const file = choice.kubeconfig === undefined ? [] : ["--kubeconfig", choice.kubeconfig];
  const kubectl = ["kubectl", ...file, "--context", name].map(toShellWord).join(" ");
  return { config, name, cluster, user, kubectl };
}

/** Exec plugins expect what kubectl tells them, above all that nobody is there to answer. */
function setExecInfo(user: User): void {
  const exec: unknown = user.exec;
  if (typeof exec !== "object" || exec === null) return;
  const plugin = exec as { apiVersion?: string; env?: { name: string; value: string }[] | null };
  plugin.env = [
    ...(plugin.env ?? []),
    {
      name: "KUBERNETES_EXEC_INFO",
      value: JSON.stringify({
        apiVersion: plugin.apiVersion ?? "client.authentication.k8s.io/v1",
        kind: "ExecCredential",
        spec: { interactive: false },
      }),
    },
  ];
}
