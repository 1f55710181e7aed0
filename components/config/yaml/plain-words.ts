import { isScalar, parseDocument, Scalar, visit } from "yaml";
import { type Problem, problemAt } from "../../errors.ts";

/**
 * Words that a values file of Helm takes as true or false and Pulumi as text. In a chart a text is true, `no` as well.
 * Only the file's text shows whether it was `no` or `"no"`.
 */
const words: Readonly<Record<string, boolean>> = {
  y: true,
  yes: true,
  on: true,
  n: false,
  no: false,
  off: false,
};

/** Few files have such a word, and to parse one takes long. */
const mayHaveWords = /[\s:[,{](?:y|yes|on|n|no|off)\s*(?:[\n,}\]#]|$)/i;

/** A word in the values of a chart, without quotes. */
export interface PlainWord {
  /** Keys and indexes below `config`, without the `berth:` prefix. */
  readonly path: readonly string[];
  readonly word: string;
}

/** Finds them in the text of a stack file. Text that is not YAML has none. */
export function findPlainWords(text: string): readonly PlainWord[] {
  const found: PlainWord[] = [];
  if (!mayHaveWords.test(text)) return found;
  visit(parseDocument(text, { schema: "failsafe", logLevel: "silent" }), {
    Scalar(key, node, ancestors) {
      if (key === "key" || node.type !== Scalar.PLAIN || typeof node.value !== "string") return;
      if (!isWord(node.value)) return;
      const [config, section = "", app = "", ...rest] = toPath([...ancestors, node]);
      if (config !== "config" || section !== "berth:apps") return;
      if (!rest.join(".").startsWith("workload.helm.values.")) return;
      found.push({ path: ["apps", app, ...rest], word: node.value });
    },
  });
  return found;
}

/** YAML 1.1 knows a word in small letters, in capitals, and with one capital. */
function isWord(text: string): boolean {
  const small = text.toLowerCase();
  const forms = [small, small.toUpperCase(), small.charAt(0).toUpperCase() + small.slice(1)];
  return small in words && forms.includes(text);
}

function toPath(nodes: readonly unknown[]): readonly string[] {
  return nodes.flatMap((node, index) => {
    const parent = nodes[index - 1] as { readonly items?: readonly unknown[] } | undefined;
    if (typeof node === "object" && node !== null && "key" in node) {
      return isScalar(node.key) ? [String(node.key.value)] : [];
    }
    const at = parent?.items?.indexOf(node) ?? -1;
    return at === -1 ? [] : [String(at)];
  });
}

/**
 * The problem of each word that Pulumi has handed over as that text.
 *
 * @param raw What Pulumi has read, without the `berth:` prefix. It may be from another file.
 */
export function describePlainWords(text: string, raw: unknown): readonly Problem[] {
  return findPlainWords(text)
    .filter(({ path, word }) => valueAt(raw, path) === word)
    .map(({ path, word }) => {
      const meant = String(words[word.toLowerCase()]);
      return problemAt(
        `berth:${path.join(".")}`,
        `${word} without quotes is ${meant} in a values file of Helm, and a text here`,
        `write ${meant}, or "${word}" for the text`,
      );
    });
}

function valueAt(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (inner, key) =>
      typeof inner === "object" && inner !== null
        ? (inner as Readonly<Record<string, unknown>>)[key]
        : undefined,
    value,
  );
}
