import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { writePrivately } from "../connect/vault-data.ts";
import { freePort } from "../postgres/ports.ts";

/** Users of the API server. `admin` and `kwok` may do everything, the others what RBAC allows. */
export const users = ["berth", "admin", "guest", "kwok", "operator"] as const;
export type User = (typeof users)[number];

export function toFiles(home: string) {
  const at = (name: string): string => path.join(home, name);
  return {
    home,
    /** Its contexts are berth (current), admin and guest. */
    kubeconfig: at("kubeconfig"),
    kwokKubeconfig: at("kwok.kubeconfig"),
    operatorKubeconfig: at("operator.kubeconfig"),
    tokens: at("tokens.json"),
    tokenAuth: at("tokens.csv"),
    ports: at("ports.json"),
    certs: at("certs"),
    certificate: at("certs/apiserver.crt"),
    certificateKey: at("certs/apiserver.key"),
    accountKey: at("certs/service-account.key"),
    etcdData: at("etcd"),
    pid: (program: Program): string => at(`${program}.pid`),
    /** As `startInBackground` takes them. */
    of: (program: Program) => ({
      pidFile: at(`${program}.pid`),
      logFile: at(`${program}.log`),
      cwd: home,
    }),
  };
}
export type ClusterFiles = ReturnType<typeof toFiles>;

/** Programs that run in the background, in the order in which they are stopped. */
export const programs = [
  "watchdog",
  "vault-operator",
  "operator",
  "kwok",
  "api-server",
  "etcd",
] as const;
export type Program = (typeof programs)[number];

/** The ports of a cluster. They are the same at every start while they are free. */
export interface Ports {
  readonly apiServer: number;
  readonly kwok: number;
}

/** Makes the folder and, once, the random tokens. */
export function makeFolder(files: ClusterFiles): void {
  mkdirSync(files.certs, { recursive: true, mode: 0o700 });
  chmodSync(files.home, 0o700);
  if (existsSync(files.tokens)) return;
  const tokens = users.map((user) => [user, randomBytes(24).toString("hex")] as const);
  const lines = tokens.map(([user, token]) => {
    const groups = user === "admin" || user === "kwok" ? ',"system:masters"' : "";
    return `${token},${user},${user}${groups}\n`;
  });
  writePrivately(files.tokenAuth, lines.join(""));
  writePrivately(files.tokens, JSON.stringify(Object.fromEntries(tokens)));
}

export function readTokens(files: ClusterFiles): Readonly<Record<User, string>> {
  return JSON.parse(readFileSync(files.tokens, "utf8")) as Record<User, string>;
}

/** The ports of the last start; undefined = the cluster was never started. */
export function readPorts(files: ClusterFiles): Ports | undefined {
  if (!existsSync(files.ports)) return undefined;
  return JSON.parse(readFileSync(files.ports, "utf8")) as Ports;
}

/** Chooses free ports, those of the last start if possible. */
export async function choosePorts(files: ClusterFiles): Promise<Ports> {
  const known = readPorts(files);
  const apiServer = await freePort(known?.apiServer);
  let kwok = await freePort(known?.kwok);
  while (kwok === apiServer) kwok = await freePort();
  writePrivately(files.ports, JSON.stringify({ apiServer, kwok } satisfies Ports));
  return { apiServer, kwok };
}

export function writeKubeconfigs(files: ClusterFiles, ports: Ports): void {
  const tokens = readTokens(files);
  const write = (file: string, named: readonly User[]): void => {
    const logins = named.map((name) => ({ name, token: tokens[name] }));
    writeKubeconfig(file, { files, ports, logins });
  };
  write(files.kubeconfig, ["berth", "admin", "guest"]);
  write(files.kwokKubeconfig, ["kwok"]);
  write(files.operatorKubeconfig, ["operator"]);
}

interface KubeconfigContents {
  readonly files: ClusterFiles;
  readonly ports: Ports;
  /** Each becomes a context of this name; the first is the current one. */
  readonly logins: readonly { readonly name: string; readonly token: string }[];
}

/** Writes a kubeconfig, readable only by this user. */
export function writeKubeconfig(file: string, { files, ports, logins }: KubeconfigContents): void {
  const authority = readFileSync(files.certificate).toString("base64");
  const server = `https://127.0.0.1:${String(ports.apiServer)}`;
  const config = {
    apiVersion: "v1",
    kind: "Config",
    "current-context": logins[0]?.name,
    clusters: [{ name: "dev", cluster: { server, "certificate-authority-data": authority } }],
    users: logins.map(({ name, token }) => ({ name, user: { token } })),
    contexts: logins.map(({ name }) => ({ name, context: { cluster: "dev", user: name } })),
  };
  writePrivately(file, JSON.stringify(config, null, 2));
}
