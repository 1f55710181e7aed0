import { isDeepStrictEqual } from "node:util";
import { parseAllDocuments } from "yaml";

/** Argo CD reads YAML 1.1, other tools read YAML 1.2. Texts are the same only if they are in both. */
export function isSameYaml(a: string, b: string): boolean {
  return a === b || (["1.1", "1.2"] as const).every((version) => isSame(a, b, version));
}

function isSame(a: string, b: string, version: "1.1" | "1.2"): boolean {
  const left = readDocuments(a, version);
  return left !== undefined && isDeepStrictEqual(left, readDocuments(b, version));
}

/** The documents without empty ones; undefined = the text is not YAML. */
function readDocuments(text: string, version: "1.1" | "1.2"): unknown[] | undefined {
  const documents = parseAllDocuments(text, { version, intAsBigInt: true, logLevel: "silent" });
  if (!Array.isArray(documents)) return [];
  if (documents.some(({ errors }) => errors.length > 0)) return undefined;
  try {
    return documents
      .map((document) => document.toJS() as unknown)
      .filter((value) => value !== null);
  } catch {
    // Aliases without end.
    return undefined;
  }
}
