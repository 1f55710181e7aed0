import {
  type DocumentOptions,
  isScalar,
  LineCounter,
  type Node,
  type Pair,
  type ParseOptions,
  parseDocument,
  Scalar,
  type ScalarTag,
  type SchemaOptions,
  visit,
  YAMLParseError,
} from "yaml";
import { BerthError, messageOf } from "../../errors.ts";

/**
 * A file of Pulumi's as Pulumi reads it, with yaml.v3 for Go: YAML 1.2, except for numbers with a leading 0,
 * which are octal, `_` between digits, merge keys and dates. A date becomes the text that Pulumi makes of
 * it, which no app wants; `parseStack` refuses that text.
 * Source: `resolve` in gopkg.in/yaml.v3/resolve.go.
 *
 * @param what Whose file it is, for the error if it is not YAML: `stack prod`.
 */
export function parsePulumiYaml(what: string, file: string, text: string): unknown {
  const lines = new LineCounter();
  const refuseTag = (node: Node): void => {
    const tag = otherTag(node);
    if (tag === undefined) return;
    const line = String(lines.linePos(node.range?.[0] ?? 0).line);
    throw new BerthError(
      `${what}: ${file} has the tag ${tag} in line ${line}, which Pulumi reads in its own way`,
      { hint: "write the value itself, without a tag" },
    );
  };
  try {
    const document = parseDocument(text, { ...goYaml, lineCounter: lines });
    const [error] = document.errors;
    if (error !== undefined) throw error;
    visit(document, {
      Node: (_, node) => {
        refuseTag(node);
      },
      Pair: (_, pair) => {
        mergeQuoted(pair);
      },
      Alias: (_, alias, within) => {
        const target = alias.resolve(document);
        if (target === undefined || !within.includes(target)) return;
        throw new TypeError(`the anchor "${alias.source}" is used inside itself`);
      },
    });
    return document.toJS({ maxAliasCount: mostAliases });
  } catch (cause) {
    if (cause instanceof BerthError) throw cause;
    const reason = messageOf(cause);
    throw new BerthError(`${what}: ${file} is not valid YAML: ${reason}${placeOf(cause, lines)}`, {
      hint: "fix it there, then run the same command again",
      cause,
    });
  }
}

function placeOf(error: unknown, lines: LineCounter): string {
  if (!(error instanceof YAMLParseError)) return "";
  const { line, col } = lines.linePos(error.pos[0]);
  return ` at line ${String(line)}, column ${String(col)}`;
}

/**
 * How often an anchor may be used. Apps share some, and Go has no limit for a file of this size; anchors in anchors,
 * which could fill the memory, are far above it.
 */
export const mostAliases = 100_000;

/** Tags that say no more than a value that is written plainly or in quotes. */
const plainTags = new Set(["str", "int", "float", "bool", "null", "map", "seq"]);

/** The name of a tag that parsers read differently; undefined = it has none. */
function otherTag({ tag }: Node): string | undefined {
  if (tag === undefined) return undefined;
  const [, name] = /^tag:yaml\.org,2002:(\w+)$/.exec(tag) ?? [];
  if (name === undefined) return tag;
  return plainTags.has(name) ? undefined : `!!${name}`;
}

/** For Go `"<<"` merges as << does. */
function mergeQuoted({ key }: Pair): void {
  if (isScalar(key) && key.value === "<<") key.type = Scalar.PLAIN;
}

const digits = "[0-9][0-9_]*";
const integer: ScalarTag = {
  tag: "tag:yaml.org,2002:int",
  default: true,
  test: new RegExp(`^[-+]?(?:0[xX][0-9a-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+|${digits})$`),
  resolve: (text) => {
    const [, sign = "", body = ""] = /^([-+]?)(.*)$/.exec(text.replaceAll("_", "")) ?? [];
    const octal = /^0[0-7]+$/.test(body) ? `0o${body.slice(1)}` : body;
    return Number(octal) * (sign === "-" ? -1 : 1);
  },
};

const float: ScalarTag = {
  tag: "tag:yaml.org,2002:float",
  default: true,
  test: /^[-+]?(?:\.[0-9]+|[0-9][0-9_]*(?:\.[0-9_]*)?)(?:[eE][-+]?[0-9]+)?$/,
  resolve: (text) => {
    const value = Number(text.replaceAll("_", ""));
    return Number.isFinite(value) ? value : text;
  },
};

const date: ScalarTag = {
  tag: "tag:yaml.org,2002:timestamp",
  default: true,
  test: /^\d{4}-\d{1,2}-\d{1,2}(?:(?:[tT]|\s+)\d{1,2}:\d{1,2}:\d{1,2}(?:\.\d+)?(?:Z|[-+]\d{2}:\d{2})?)?$/,
  resolve: (text) => {
    const padded = text.replaceAll(/(?<![\d.])\d(?!\d)/g, "0$&");
    const at = new Date(/\d:/.test(text) ? padded : `${padded}T00:00:00Z`);
    if (Number.isNaN(at.getTime())) return text;
    return `${at.toISOString().slice(0, 19).replace("T", " ")} +0000 UTC`;
  },
};

/** What Pulumi makes of a date that is not in quotes. */
export const unquotedDate = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)? [-+]\d{4} \S+$/;

const goYaml: DocumentOptions & ParseOptions & SchemaOptions = {
  schema: "failsafe",
  // Its warnings and its pretty errors quote the line, which may have a password.
  logLevel: "error",
  prettyErrors: false,
  customTags: ["null", "bool", "merge", integer, float, date],
};
