import { BlockList, isIP } from "node:net";

/** The host of a URL, an IPv6 address without its brackets. */
export function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, "$1").toLowerCase();
}

/** Whether a URL has a user name or a password in it. Errors of clients quote their URL, and state would keep it. */
export function hasLogin({ username, password }: URL): boolean {
  return username !== "" || password !== "";
}

/** Whether a URL leads to this machine. As in Go, a proxy of the environment never applies to it. */
export function isOnThisMachine(url: URL): boolean {
  const host = hostOf(url);
  return host === "localhost" || contains("127.0.0.0/8", host) || contains("::1/128", host);
}

/** Whether a network contains an address; false if one of them is invalid. */
export function contains(network: string, host: string): boolean {
  const [address = "", prefix = ""] = network.split("/");
  const family = isIP(address);
  const length = Number(prefix);
  const isNetwork = /^\d+$/.test(prefix) && length <= (family === 4 ? 32 : 128);
  if (family === 0 || isIP(host) === 0 || !isNetwork) return false;
  const list = new BlockList();
  list.addSubnet(address, length, family === 4 ? "ipv4" : "ipv6");
  return list.check(host, isIP(host) === 4 ? "ipv4" : "ipv6");
}
