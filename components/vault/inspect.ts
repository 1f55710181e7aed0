import pLimit from "p-limit";
import type { FoundObjects } from "./guard.ts";
import type { VaultClient } from "./http/client.ts";
import { toPolicyPath, type VaultData, type VaultObject } from "./objects.ts";

/** Requests at a time. */
const width = 8;

/** Reads what is in Vault where the objects of a stack go, and the policies that these depend on. */
export async function inspectVault(
  client: Pick<VaultClient, "read">,
  objects: readonly VaultObject[],
  policies: readonly string[],
): Promise<FoundObjects> {
  const paths = objects.filter(isOnItsOwn).map(({ path }) => path);
  const wanted = [...new Set([...paths, ...policies.map(toPolicyPath)])];
  const limit = pLimit(width);
  const [mounts, ...read] = await Promise.all([
    readMounts(client, objects),
    ...wanted.map((path) => limit(async () => [path, await client.read(path)] as const)),
  ]);
  const found = read.filter((one): one is readonly [string, VaultData] => one[1] !== undefined);
  return new Map([...mounts, ...found]);
}

/** A config or key goes with its mount. */
function isOnItsOwn({ kind }: VaultObject): boolean {
  return !["mount", "auth", "auth-config", "jwt-config", "transit-key"].includes(kind);
}

/** One request for all engines, and one for all auth methods. */
async function readMounts(
  client: Pick<VaultClient, "read">,
  objects: readonly VaultObject[],
): Promise<readonly (readonly [string, VaultData])[]> {
  const tables = ["sys/mounts", "sys/auth"].filter((table) =>
    objects.some(({ path }) => path.startsWith(`${table}/`)),
  );
  const read = tables.map(async (table) => {
    const all = Object.entries((await client.read(table)) ?? {});
    return all
      .filter(([name]) => name.endsWith("/"))
      .map(([name, data]) => [`${table}/${name.slice(0, -1)}`, data as VaultData] as const);
  });
  return (await Promise.all(read)).flat();
}
