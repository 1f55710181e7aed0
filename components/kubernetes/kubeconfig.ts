import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import path, { delimiter, join } from "node:path";
import type { Cluster, Context, KubeConfig } from "@kubernetes/client-node";
import { parseAllDocuments, type Tags, YAMLParseError } from "yaml";
import { toShellWord } from "../command-line.ts";
import { hasLogin } from "../hosts.ts";
import { isMapping } from "../mapping.ts";
import { KubeError, toShownText } from "./error.ts";
import { findProxy, type Proxy } from "./proxy.ts";
import { type KubeUser, type RawCluster, type RawUser, toKubeUser, withExecInfo } from "./user.ts";

export interface KubeconfigChoice {
  /** Path; undefined = KUBECONFIG or ~/.kube/config, or the pod's own service account. */
  readonly kubeconfig: string | undefined;
  /** undefined = its current context. */
  readonly context: string | undefined;
  /** Key of the two in the stack file, for messages. */
  readonly setting?: string;
}

const postgresSetting = "berth:postgres.endpoint.kubernetes";

/** One context of a kubeconfig, complete: it has a cluster and a user. */
export interface KubeContext {
  /** A new config for each use: a config keeps a plugin's answer until it expires, even a refused one. */
  readonly createConfig: () => KubeConfig;
  readonly name: string;
  readonly cluster: Cluster;
  readonly user: KubeUser;
  readonly proxy: Proxy | undefined;
  /** `kubectl` with the flags that lead to this context, for messages. */
  readonly kubectl: string;
}

interface KubeCluster extends Cluster {
  readonly raw?: RawCluster;
}

interface Parts {
  readonly clusters: readonly KubeCluster[];
  readonly users: readonly KubeUser[];
  readonly contexts: readonly Context[];
  readonly currentContext: string | undefined;
}

interface RawKubeconfig {
  readonly clusters?: readonly { readonly name: string; readonly cluster?: RawCluster }[];
  readonly users?: readonly { readonly name: string; readonly user?: RawUser }[];
}

/**
 * Reads the kubeconfig as kubectl does: of several files the first that sets a value wins, and missing files are
 * skipped. The client library's own reader throws on both, quotes the file (which may have a token) if the YAML
 * is invalid, and leaves out some fields of a user.
 *
 * @see https://pkg.go.dev/k8s.io/client-go/tools/clientcmd/api/v1
 */
export async function loadKubeContext(choice: KubeconfigChoice): Promise<KubeContext> {
  // Loaded here because it takes half a second, and a direct endpoint does not need it.
  const { KubeConfig: Config } = await import("@kubernetes/client-node");
  const files = findKubeconfigs(choice);
  const parts = files && mergeParts(files.map((file) => readParts(new Config(), file)));
  const create = (): KubeConfig => {
    const config = new Config();
    if (parts === undefined) config.loadFromCluster();
    else config.loadFromOptions(parts);
    return config;
  };
  return chooseContext(create, choice, files?.join(delimiter) ?? "the pod's service account");
}

/** undefined = there is no file, but the process runs in a pod with a service account. */
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
  const where = fromEnvironment.length > 0 ? `KUBECONFIG names ${files.join(", ")}` : usual;
  throw new KubeError("kubeconfig", `no kubeconfig: ${where} does not exist`, {
    hint: `set KUBECONFIG or ${setting}.kubeconfig${setting === postgresSetting ? ", or use a direct endpoint" : ""}`,
  });
}

function readParts(config: KubeConfig, file: string): Parts {
  const folder = path.dirname(path.resolve(file));
  let raw: RawKubeconfig;
  try {
    raw = parseKubeconfig(readFileSync(file, "utf8"));
    config.loadFromString(JSON.stringify(raw));
    config.makePathsAbsolute(folder);
  } catch (error) {
    throw new KubeError("kubeconfig", `kubeconfig ${file} cannot be read: ${toReason(error)}`, {
      hint: `kubectl --kubeconfig ${toShellWord(file)} config view`,
    });
  }
  const { clusters, contexts, currentContext } = config;
  return {
    clusters: clusters.map((cluster, index) => ({
      ...complete(cluster),
      raw: raw.clusters?.[index]?.cluster ?? {},
    })),
    contexts,
    currentContext,
    users: config.users.map((user, index) =>
      toKubeUser(user, raw.users?.[index]?.user ?? {}, folder),
    ),
  };
}

/**
 * The first document, as kubectl reads it: YAML 1.1 without its numbers with colons and its dates; of a key that is
 * there twice the last value counts. A warning of the parser would quote the line, which may have a token.
 */
function parseKubeconfig(text: string): RawKubeconfig {
  const [document] = parseAllDocuments(text, {
    schema: "yaml-1.1",
    customTags: (tags) => tags.filter((tag) => !isTime(tag)),
    uniqueKeys: false,
    logLevel: "error",
  });
  const [error] = document?.errors ?? [];
  if (error !== undefined) throw error;
  const raw: unknown = document?.toJS() ?? {};
  if (!isMapping(raw)) throw new TypeError("no map");
  return raw;
}

function isTime(tag: Tags[number]): boolean {
  return typeof tag === "object" && (tag.tag.endsWith(":timestamp") || tag.format === "TIME");
}

/** Data in the kubeconfig wins over a file that it names. A server without a scheme uses TLS if TLS is set up. */
function complete({ caFile, server, ...cluster }: Cluster): Cluster {
  const hasTls = caFile !== undefined || cluster.caData !== undefined || cluster.skipTLSVerify;
  const isWhole = /^https?:\/\//.test(server);
  return {
    ...cluster,
    server: isWhole ? server : `${hasTls ? "https" : "http"}://${server}`,
    ...(cluster.caData || caFile === undefined ? {} : { caFile }),
  };
}

/** Does not use the parser's message, because it quotes lines of the file. */
function toReason(error: unknown): string {
  if (!(error instanceof Error)) return "unknown fault";
  if (error instanceof YAMLParseError) {
    return `not valid YAML near line ${String(error.linePos?.[0].line ?? 1)}`;
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

/** `kubectl proxy` serves plain HTTP. The client library refuses it unless TLS checks are off. */
function allowPlainHttp(cluster: Cluster): Cluster {
  return cluster.server.startsWith("http:") ? { ...cluster, skipTLSVerify: true } : cluster;
}

function chooseContext(
  create: () => KubeConfig,
  choice: KubeconfigChoice,
  source: string,
): KubeContext {
  const config = create();
  const names = config.getContexts().map((context) => context.name);
  const there = names.length === 0 ? "it has none" : `it has: ${names.toSorted().join(", ")}`;
  const hint = `set ${choice.setting ?? postgresSetting}.context to one of them`;
  const toFailure = (why: string) => new KubeError("kubeconfig", `${why}; ${there}`, { hint });
  const name = choice.context ?? config.getCurrentContext();
  if (!name) throw toFailure(`${source} has no current context`);
  const context = config.getContextObject(name);
  if (context === null) throw toFailure(`no context "${name}" in ${source}`);
  const cluster: KubeCluster | null = config.getCluster(context.cluster);
  const found: KubeUser | null = config.getUser(context.user);
  if (cluster === null || found === null || !URL.canParse(cluster.server)) {
    const missing = found === null ? `user "${context.user}"` : `cluster "${context.cluster}"`;
    const message = `context "${name}" names ${missing}, which ${source} does not describe`;
    throw new KubeError("kubeconfig", message, { hint: "kubectl config view" });
  }
  const server = new URL(cluster.server);
  // Each message names the server, and kubectl would send the login as well.
  if (hasLogin(server)) {
    const message = `context "${name}" names cluster "${context.cluster}", whose server has a user name or password in its URL`;
    throw new KubeError("kubeconfig", message, {
      hint: `take it out of the URL in ${source}, and give user "${context.user}" a credential`,
    });
  }
  const proxy = findProxy(server, cluster.proxyUrl, process.env);
  const way = proxy === undefined ? {} : { proxyUrl: proxy.url };
  const user = withExecInfo(found, cluster, cluster.raw ?? {});
  const parts = {
    clusters: [{ ...cluster, ...way }],
    users: [user],
    contexts: [context],
    currentContext: name,
  };
  const createConfig = (): KubeConfig => {
    const created = create();
    created.loadFromOptions(parts);
    return created;
  };
  const file = choice.kubeconfig === undefined ? [] : ["--kubeconfig", choice.kubeconfig];
  const kubectl = ["kubectl", ...file, "--context", name].map(toShellWord).join(" ");
  return { createConfig, name, cluster, user, proxy, kubectl };
}
