/** Finds parts that are ready to use, wherever they come from. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { ambientCli } from "./ambient.ts";
import { type Cache, downloadedCliRoot, isInPlace, placeOf } from "./cache.ts";
import { type Part, partNamed, partTable } from "./parts.ts";

/** The `pulumi` to use, if there is one with its Node host. */
export async function readyCli(cache: Cache): Promise<string | undefined> {
  const ambient = await ambientCli(cache);
  if (ambient !== undefined) return ambient;
  const downloaded = join(downloadedCliRoot(cache), "bin", "pulumi");
  if (existsSync(downloaded)) return downloaded;
  const built = partTable.filter(isPulumiItself);
  return built.every((part) => isInPlace(cache, part))
    ? placeOf(cache, partNamed("pulumi"))
    : undefined;
}

/** The wanted parts that the machine does not have. */
export async function missingOf(wanted: readonly Part[], cache: Cache): Promise<Part[]> {
  const cli = await readyCli(cache);
  return wanted.filter(
    (part) => (cli === undefined || !isPulumiItself(part)) && !isInPlace(cache, part),
  );
}

/** Whether a part is `pulumi` or its Node host, which come together from one place. */
export function isPulumiItself(part: Part): boolean {
  return part.kind === "cli" || part.kind === "language";
}
