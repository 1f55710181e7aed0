import { isIP } from "node:net";
import { contains, hostOf, isOnThisMachine } from "../hosts.ts";

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
  if (isOnThisMachine(server) || rules.split(",").some((rule) => isMeant(rule, server)))
    return undefined;
  return { url: toProxyUrl(given.includes("://") ? given : `http://${given}`), source };
}

/** socks5h: the proxy resolves the name, as in Go. */
function toProxyUrl(url: string): string {
  return url.replace(/^socks5:/, "socks5h:");
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
