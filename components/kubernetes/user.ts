import { readFileSync } from "node:fs";
import path from "node:path";
import type { Cluster, User } from "@kubernetes/client-node";

/** Fields of a cluster that the client library leaves out. */
export interface RawCluster {
  readonly "disable-compression"?: boolean;
  readonly extensions?: readonly { readonly name: string; readonly extension: unknown }[];
}

/** Fields of a user that the client library leaves out. */
export interface RawUser {
  readonly tokenFile?: string;
  readonly "as-uid"?: string;
  readonly "as-groups"?: readonly string[];
  readonly "as-user-extra"?: Readonly<Record<string, readonly string[]>>;
}

/** A program that returns the credential, run as kubectl runs it. */
export interface ExecPlugin {
  readonly apiVersion?: string;
  readonly command: string;
  readonly args?: readonly string[] | null;
  readonly env?: readonly { readonly name: string; readonly value: string }[] | null;
  readonly installHint?: string;
  readonly provideClusterInfo?: boolean;
  readonly interactiveMode?: string;
}

/** A user of a kubeconfig, with every field that kubectl reads. */
export interface KubeUser extends User {
  readonly exec?: ExecPlugin;
  readonly tokenFile?: string;
  readonly raw?: RawUser;
}

/** Adds the fields that the client library leaves out. Paths are relative to the kubeconfig's folder. */
export function toKubeUser(read: User, raw: RawUser, folder: string): KubeUser {
  const { exec, certFile, keyFile, ...user } = read as KubeUser;
  const { tokenFile } = raw;
  // The plugin is used only if there is no other credential.
  const hasOther = user.token || tokenFile || user.username || user.certData || certFile;
  return {
    ...user,
    raw,
    // Data in the kubeconfig wins over a file that it names.
    ...(user.certData || certFile === undefined ? {} : { certFile }),
    ...(user.keyData || keyFile === undefined ? {} : { keyFile }),
    ...(tokenFile ? { tokenFile: path.resolve(folder, tokenFile) } : {}),
    ...(exec && !hasOther ? { exec: { ...exec, command: toCommand(exec.command, folder) } } : {}),
  };
}

/** A name without a slash is looked up on PATH. */
function toCommand(command: string, folder: string): string {
  return command.includes(path.sep) ? path.resolve(folder, command) : command;
}

/** The user with the data that kubectl passes to a plugin, above all that it must not prompt. */
export function withExecInfo(user: KubeUser, cluster: Cluster, raw: RawCluster): KubeUser {
  const { exec } = user;
  if (exec === undefined) return user;
  const spec = {
    interactive: false,
    ...(exec.provideClusterInfo === true ? { cluster: describeCluster(cluster, raw) } : {}),
  };
  const apiVersion = exec.apiVersion ?? "client.authentication.k8s.io/v1";
  const value = JSON.stringify({ apiVersion, kind: "ExecCredential", spec });
  const env = [...(exec.env ?? []), { name: "KUBERNETES_EXEC_INFO", value }];
  return { ...user, exec: { ...exec, env } };
}

/** @see https://kubernetes.io/docs/reference/config-api/client-authentication.v1/#client-authentication-k8s-io-v1-Cluster */
function describeCluster(cluster: Cluster, raw: RawCluster): Record<string, unknown> {
  const { caFile, caData, proxyUrl, tlsServerName, skipTLSVerify } = cluster;
  const ca = caData ?? (caFile === undefined ? undefined : readFileSync(caFile, "base64"));
  const extension = raw.extensions?.find(
    ({ name }) => name === "client.authentication.k8s.io/exec",
  );
  return {
    server: cluster.server,
    "tls-server-name": tlsServerName,
    "insecure-skip-tls-verify": skipTLSVerify || undefined,
    "certificate-authority-data": ca,
    "proxy-url": proxyUrl,
    "disable-compression": raw["disable-compression"],
    config: extension?.extension,
  };
}

/**
 * undefined = the kubeconfig sets a uid, groups or extra without a user.
 *
 * @see https://kubernetes.io/docs/reference/access-authn-authz/authentication/#user-impersonation
 */
export function toImpersonation(
  user: KubeUser,
): Readonly<Record<string, string | readonly string[]>> | undefined {
  const { impersonateUser, raw = {} } = user;
  const { "as-uid": uid, "as-groups": groups = [], "as-user-extra": extra = {} } = raw;
  const isNobody = !uid && groups.length === 0 && Object.keys(extra).length === 0;
  if (!impersonateUser) return isNobody ? {} : undefined;
  return {
    "Impersonate-User": impersonateUser,
    ...(uid ? { "Impersonate-Uid": uid } : {}),
    ...(groups.length === 0 ? {} : { "Impersonate-Group": groups }),
    ...Object.fromEntries(
      Object.entries(extra).map(([key, values]) => [`Impersonate-Extra-${toHeader(key)}`, values]),
    ),
  };
}

/** Percent-encodes characters that a header name cannot contain. */
function toHeader(key: string): string {
  return [...Buffer.from(key)]
    .map((byte) => {
      const letter = String.fromCharCode(byte);
      return /[\w!#$&'*+.^`|~-]/.test(letter)
        ? letter
        : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
    })
    .join("");
}
