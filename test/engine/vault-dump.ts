import { askVault } from "../../dev/vault/request.ts";
import type { RunningVault } from "../../dev/vault/server.ts";

/** All that was made inside a Vault, by path. Two that were made alike have the same dump. */

type Data = Readonly<Record<string, unknown>>;
export type Dump = Readonly<Record<string, Data>>;

/** Values that Vault makes up, or that say when something was done. */
const ownValues =
  /accessor|uuid|_id$|^id$|time|created|updated|last_|^keys$|revision|sha256|modify_index/;

/** How Vault shows that nothing was said. */
const nothing = new Set(["null", "{}", "[]", '[""]']);

/** Mounts and policies that each Vault has. */
const builtIn = new Set(["cubbyhole/", "identity/", "sys/", "token/", "root", "default"]);

/** What is below a mount, by the type of its engine or auth method: lists of names, and single paths. */
const below: Readonly<Record<string, { lists: readonly string[]; single: readonly string[] }>> = {
  database: { lists: ["config", "roles"], single: [] },
  transit: { lists: ["keys"], single: [] },
  kv: { lists: [], single: ["config"] },
  kubernetes: { lists: ["role"], single: ["config"] },
  jwt: { lists: ["role"], single: ["config"] },
};

export async function dumpVault({ address, rootToken: token }: RunningVault): Promise<Dump> {
  const read = async (path: string): Promise<Data> => {
    const { status, body } = await askVault(address, { path, token });
    return status === 200 ? (body["data"] as Data) : {};
  };
  const list = async (path: string): Promise<readonly string[]> => {
    const { status, body } = await askVault(address, { method: "LIST", path, token });
    return status === 200 ? (body["data"] as { keys: string[] }).keys.toSorted() : [];
  };
  const dump: Record<string, Data> = {};
  const add = async (path: string): Promise<void> => {
    dump[path] = strip(await read(path)) as Data;
  };
  for (const [kind, prefix] of [
    ["sys/mounts", ""],
    ["sys/auth", "auth/"],
  ] as const) {
    for (const [mount, data] of Object.entries(await read(kind))) {
      if (builtIn.has(mount)) continue;
      dump[`${kind}/${mount}`] = strip(data) as Data;
      const { lists = [], single = [] } = below[(data as { type: string }).type] ?? {};
      for (const path of single) await add(`${prefix}${mount}${path}`);
      for (const path of lists) {
        const folder = `${prefix}${mount}${path}`;
        for (const name of await list(folder)) await add(`${folder}/${name}`);
      }
    }
  }
  for (const name of await list("sys/policies/acl")) {
    if (!builtIn.has(name)) await add(`sys/policies/acl/${name}`);
  }
  for (const name of await list("identity/group/name")) await add(`identity/group/name/${name}`);
  return dump;
}

function strip(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(strip);
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value).filter(([key]) => !ownValues.test(key));
  const inside = kept.map(([key, inner]) => [key, strip(inner)] as const);
  return Object.fromEntries(inside.filter(([, inner]) => !nothing.has(JSON.stringify(inner))));
}
