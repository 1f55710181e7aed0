import { BlockList, isIP } from "node:net";

/** A proxy in front of an API server. */
export interface Proxy {
  readonly url: string;
  /** Where it is set, for messages. They do not show the URL, which may contain a password. */
  readonly source: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

const defaultPorts: Readonly<Record<string, string>> = { "http:": "80", "https:": "443" };

/**
 * Finds the proxy that Go's client uses for a server: `proxy-url` wins over the environment, and the environment
 * never applies to this machine itself.
 *
 * @see https://pkg.go.dev/golang.org/x/net/http/httpproxy
 */
export function findProxy(
  server: URL,
  proxyUrl: string | undefined,
  env: Environment,
): Proxy | undefined {
  if (proxyUrl) return { url: toProxyUrl(proxyUrl), source: "the kubeconfig's proxy-url" };
  const name = `${server.protocol.slice(0, -1)}_proxy`;
  const source = [name, name.toUpperCase()].find((one) => env[one]);
  const given = source === undefined ? undefined : env[source];
  if (source === undefined || given === undefined) return undefined;
  const rules = env["no_proxy"] || env["NO_PROXY"] || "";
  if (isLocal(server) || rules.split(",").some((rule) => isMeant(rule, server))) return undefined;
  return { url: toProxyUrl(given.includes("://") ? given : `http://${given}`), source };
}

/** socks5h: the proxy resolves the name, as in Go. */
function toProxyUrl(url: string): string {
  return url.replace(/^socks5:/, "socks5h:");
}

function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, "$1").toLowerCase();
}

function isLocal(server: URL): boolean {
  const host = hostOf(server);
  return host === "localhost" || contains("127.0.0.0/8", host) || contains("::1/128", host);
}

/** Whether one rule of `NO_PROXY` matches a server. */
function isMeant(text: string, server: URL): boolean {
  const rule = text.trim().toLowerCase();
  const host = hostOf(server);
  if (rule === "*") return true;
  if (rule.includes("/")) return contains(rule, host);
  const [, inBrackets, plain, port] = /^(?:\[(.*)\]|([^:]*))(?::(\d+))?$/.exec(rule) ?? [];
  const name = inBrackets ?? plain ?? rule;
  const serverPort = server.port || defaultPorts[server.protocol];
  if (name === "" || (port !== undefined && port !== serverPort)) return false;
  if (isIP(host) !== 0 || isIP(name) !== 0)
    return contains(`${name}/${isIP(name) === 4 ? "32" : "128"}`, host);
  const domain = name.replace(/^\*\./, ".");
  return domain.startsWith(".") ? host.endsWith(domain) : `.${host}`.endsWith(`.${domain}`);
}

/** Whether a network contains an address; false if one of them is invalid. */
function contains(network: string, host: string): boolean {
  const [address = "", prefix = ""] = network.split("/");
  const family = isIP(address);
  const length = Number(prefix);
  const isNetwork = /^\d+$/.test(prefix) && length <= (family === 4 ? 32 : 128);
  if (family === 0 || isIP(host) === 0 || !isNetwork) return false;
  const list = new BlockList();
  list.addSubnet(address, length, family === 4 ? "ipv4" : "ipv6");
  return list.check(host, isIP(host) === 4 ? "ipv4" : "ipv6");
}
