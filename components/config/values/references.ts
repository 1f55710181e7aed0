import { didYouMean } from "../../closest.ts";
import { type Problem, problemAt } from "../../errors.ts";
import { isMapping } from "../../mapping.ts";
import type { SecretContent } from "./secret-contents.ts";

/**
 * Finds references to Secrets that Berth has made, with a key that they lack: the pod would never start. Only what
 * says both a Secret and a key in one place is a reference; all else is left alone.
 */
export function findMissingKeys(
  values: Readonly<Record<string, unknown>>,
  contents: ReadonlyMap<string, SecretContent>,
): readonly Problem[] {
  return listReferences(values, "").flatMap(({ secret, key, at }) => {
    const content = contents.get(secret);
    const problem = content && missingKey(secret, key, content);
    return problem === undefined ? [] : [problemAt(at, problem)];
  });
}

/** Why a Secret has no such key; undefined = it has it, or may have it. */
export function missingKey(
  secret: string,
  key: string,
  { keys, isComplete }: SecretContent,
): string | undefined {
  if (!isComplete || keys.includes(key)) return undefined;
  return `Secret ${JSON.stringify(secret)} has no key ${JSON.stringify(key)}; it has ${keys.join(", ")}${didYouMean(key, keys)}`;
}

interface Reference {
  readonly secret: string;
  readonly key: string;
  /** Path of the key in the values. */
  readonly at: string;
}

function listReferences(value: unknown, at: string): readonly Reference[] {
  if (Array.isArray(value)) {
    return value.flatMap((one, index) => listReferences(one, `${at}[${String(index)}]`));
  }
  if (!isMapping(value)) return [];
  const join = (key: string): string => (at === "" ? key : `${at}.${key}`);
  return [
    ...toReferences(value, join),
    ...Object.entries(value).flatMap(([key, inner]) => listReferences(inner, join(key))),
  ];
}

/** A property that names a Secret: `name`, `secretName`, `existingSecret`, `existingSecretName`, … */
const namesSecret = /^(name|secret|.*secret(name|ref)?)$/i;
/** A property that names a key of it. `secretKey` alone may as well be a secret in clear. */
const namesKey =
  /^(key|existingSecretKey|existingSecret.*Key|(secret|user|username|password|pass|passwd|host|hostname|port|database|dbname|url|uri|dsn|connectionString|.*password|.*username)Key)$/i;

function toReferences(
  record: Readonly<Record<string, unknown>>,
  join: (key: string) => string,
): readonly Reference[] {
  if (record["optional"] === true) return [];
  const names = Object.entries(record).filter(
    (entry): entry is [string, string] => namesSecret.test(entry[0]) && isText(entry[1]),
  );
  const [name, ...more] = names;
  // Which of two Secrets a key belongs to is a matter of the chart.
  if (name === undefined || more.length > 0) return [];
  const [property, secret] = name;
  const direct = Object.entries(record)
    .filter(([key, value]) => isText(value) && namesKey.test(key))
    .filter(([key]) => key.toLowerCase() !== "secretkey" || /^secretName$/i.test(property))
    .map(([key, value]) => ({ secret, key: String(value), at: join(key) }));
  const { items } = record;
  // A volume: `secret: { secretName, items: [{ key, path }] }`.
  const ofVolume = (Array.isArray(items) ? items : []).flatMap((item: unknown, index) =>
    isMapping(item) && isText(item["key"]) && isText(item["path"])
      ? [{ secret, key: item["key"], at: `${join("items")}[${String(index)}].key` }]
      : [],
  );
  return [...direct, ...ofVolume];
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}
