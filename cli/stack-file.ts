import { randomUUID } from "node:crypto";
import {
  chmodSync,
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { isDeepStrictEqual } from "node:util";
import { isMap, isNode, isPair, isSeq, parseDocument, Scalar, stringify, type YAMLMap } from "yaml";
import type { AppEntry } from "../components/config/schema/stack.ts";
import { mostAliases } from "../components/config/yaml/pulumi-yaml.ts";
import { BerthError, messageOf } from "../components/errors.ts";

/** Adds entries to a stack file and changes no other character. */

type Entries = Readonly<Record<string, AppEntry>>;

/** Strings are quoted, because YAML reads 0777 as a number and some readers take no for false. */
export function formatEntries(entries: Entries, indent = 4, eol = "\n"): string {
  const text = stringify(entries, {
    defaultStringType: Scalar.QUOTE_DOUBLE,
    defaultKeyType: Scalar.PLAIN,
    lineWidth: 0,
    flowCollectionPadding: true,
  });
  return text
    .split("\n")
    .map((line) => (line === "" ? "" : `${" ".repeat(indent)}${line}`))
    .join(eol);
}

/** Adds entries under `berth:apps`, and leaves all other bytes. Pure. Throws if that is not possible. */
export function addEntries(text: string, entries: Entries): string {
  const document = parseDocument(text);
  const apps = document.getIn(["config", "berth:apps"], true);
  const before = document.toJS({ maxAliasCount: mostAliases }) as {
    config: { "berth:apps": Record<string, unknown> | null };
  };
  const existing = before.config["berth:apps"] ?? {};
  const repeated = Object.keys(entries).filter((key) => Object.hasOwn(existing, key));
  if (repeated.length > 0) {
    throw new BerthError(`berth:apps has ${repeated.join(", ")} already; nothing was written`);
  }
  const added =
    isMap(apps) && apps.items.length > 0 ? append(text, apps, entries) : fill(text, entries);
  const wanted = {
    ...before,
    config: { ...before.config, "berth:apps": { ...existing, ...entries } },
  };
  if (added === undefined || !isDeepStrictEqual(read(added), wanted)) {
    throw new BerthError("berth:apps is written in a way that entries cannot be added to", {
      hint: "write it as a block, one app a line, then run the same command again",
    });
  }
  return added;
}

function read(text: string): unknown {
  const document = parseDocument(text);
  return document.errors.length > 0 ? undefined : document.toJS({ maxAliasCount: mostAliases });
}

/** Adds after the last app, and after the comments below it that have its indent. */
function append(text: string, apps: YAMLMap, entries: Entries): string | undefined {
  if (apps.flow === true) return undefined;
  const [start = 0] = apps.range ?? [];
  const indent = start - (text.lastIndexOf("\n", start - 1) + 1);
  const block = formatEntries(entries, indent, eolOf(text));
  // A block scalar ends after its last line break.
  const end = text.slice(0, endOf(apps)).trimEnd().length;
  return insertAfterLine(text, skipComments(text, end, indent), block);
}

/** Offset of the end of a value. The range of a block goes on to the next key. */
function endOf(node: unknown): number {
  if ((isMap(node) || isSeq(node)) && node.flow !== true) {
    const last = node.items.at(-1);
    return isPair(last) ? Math.max(endOf(last.key), endOf(last.value)) : endOf(last);
  }
  return isNode(node) ? (node.range?.[1] ?? 0) : 0;
}

/** Adds where there is no app yet: `berth:apps: {}`, or no value. */
function fill(text: string, entries: Entries): string | undefined {
  const line = /^( *)(["']?)berth:apps\2:[ \t]*(\{[ \t]*\}|~|null)?[ \t]*(#.*)?$/mu.exec(text);
  if (line === null) return undefined;
  const [whole, lead = "", quote = "", , comment = ""] = line;
  const head = `${lead}${quote}berth:apps${quote}:${comment === "" ? "" : ` ${comment}`}`;
  const body = formatEntries(entries, lead.length + 2, eolOf(text));
  const before = text.slice(0, line.index) + head;
  return insertAfterLine(before + text.slice(line.index + whole.length), before.length, body);
}

function skipComments(text: string, from: number, indent: number): number {
  const eol = text.indexOf("\n", from);
  if (eol === -1) return from;
  const comment = new RegExp(`^(?:[ \\t]*\\r?\\n)*( {${String(indent)},})#[^\\n]*`).exec(
    text.slice(eol + 1),
  );
  return comment === null ? from : skipComments(text, eol + 1 + comment[0].length, indent);
}

function insertAfterLine(text: string, offset: number, block: string): string {
  const eol = text.indexOf("\n", offset);
  if (eol === -1) return `${text}${eolOf(text)}${block}`;
  return text.slice(0, eol + 1) + block + text.slice(eol + 1);
}

function eolOf(text: string): string {
  return text.includes("\r\n") ? "\r\n" : "\n";
}

/**
 * Replaces a file in one step, so a full disk or a killed process leaves the old file. Throws if it has changed since it
 * was read. `check` gets the path of the new file before that.
 */
export function replaceFile(
  file: string,
  change: { readonly before: string; readonly after: string },
  check?: (draft: string) => void,
): void {
  const target = realpathSync(file);
  const draft = path.join(path.dirname(target), `.${path.basename(target)}.${randomUUID()}`);
  try {
    writeFileSync(draft, change.after, { mode: 0o600, flag: "wx", flush: true });
    // Not when it is made: the process's umask would take rights from it that the file has.
    chmodSync(draft, statSync(target).mode);
    check?.(draft);
    if (readFileSync(target, "utf8") !== change.before) {
      throw new BerthError(`${file} was changed meanwhile; nothing was written`, {
        hint: "run the same command again",
      });
    }
    renameSync(draft, target);
  } catch (error) {
    if (error instanceof BerthError) throw error;
    throw toWriteFailure(`${file} could not be written, and is as it was`, error);
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Makes a file that is not there. A full disk leaves none: a part would be taken for the whole in the next run. */
export function createFile(file: string, text: string): void {
  let isMade = false;
  try {
    mkdirSync(path.dirname(file), { recursive: true });
    const made = openSync(file, "wx");
    isMade = true;
    try {
      writeFileSync(made, text, { flush: true });
    } finally {
      closeSync(made);
    }
  } catch (error) {
    if (isMade) rmSync(file, { force: true });
    throw toWriteFailure(`${file} could not be written`, error);
  }
}

export function toWriteFailure(what: string, error: unknown): BerthError {
  return new BerthError(`${what}: ${messageOf(error)}`, {
    hint: "correct that, then run the same command again",
    cause: error,
  });
}

/** With the line breaks that another text has. */
export function withEolOf(original: string, text: string): string {
  return text.replaceAll(/\r?\n/g, eolOf(original));
}
