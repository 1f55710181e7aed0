import { readFileSync } from "node:fs";
import type { Client } from "pg";

const texts = new Map<string, string>();

/** Runs a query that is a file beside this one, as `sql/roles`, and names its columns in camelCase. */
export async function queryFile<T>(
  client: Client,
  file: string,
  values: readonly unknown[] = [],
): Promise<readonly T[]> {
  const text = texts.get(file) ?? readFileSync(new URL(`${file}.sql`, import.meta.url), "utf8");
  texts.set(file, text);
  // A query with a name is planned once in a session that asks for each app. A read of all needs another plan.
  const isRepeated = values.length > 0 && !values.includes(null);
  const { rows, fields } = await client.query<Record<string, unknown>>({
    ...(isRepeated ? { name: file } : {}),
    text,
    values: [...values],
  });
  // There may be thousands of rows.
  const isSame = fields.every(({ name }) => !name.includes("_"));
  const found: readonly unknown[] = isSame ? rows : rows.map(toCamelCase);
  return found as readonly T[];
}

function toCamelCase(row: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const entries = Object.entries(row).map(([key, value]) => [
    key.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
    value,
  ]);
  return Object.fromEntries(entries) as Record<string, unknown>;
}
