/**
 * Makes names and messages that others wrote safe to print. A table may have any name: an escape sequence in it
 * could clear a preview, and a line break could add lines to it.
 *
 * Berth's own texts have line breaks too. To keep the two apart, `keepLineBreaks` replaces each line break of the
 * server on arrival with half of a surrogate pair, which no UTF-8 text can contain.
 */
const lineBreak = "\ud80a";
const lineBreakInJson = "\\ud80a";

/** Control and format characters (C0, DEL, C1, bidi, line separators, half pairs), and `{` of a Pulumi colour tag. */
const hidden = /[^\P{C}\n]|[\p{Zl}\p{Zp}]|(?<=<)\{(?=%)/gu;
const quoted = /"(?:[^"\n]|"")*"/g;

/** A value from another program, with its line breaks replaced. Numbers, dates and so on are unchanged. */
export function holdLineBreaks<T>(value: T): T;
export function holdLineBreaks(value: unknown): unknown {
  return mapTexts(value, (text) => text.replaceAll("\n", lineBreak));
}

/** Restores the line breaks of a value that is sent back. */
export function releaseLineBreaks<T>(value: T): T;
export function releaseLineBreaks(value: unknown): unknown {
  return mapTexts(value, (text) => text.replaceAll(lineBreak, "\n"));
}

/**
 * Escapes what a terminal or Pulumi would interpret, and every line break that is not Berth's own. A name in
 * double quotes becomes an SQL identifier with Unicode escapes, so a statement can still be pasted.
 */
export function toTerminalText(text: string): string {
  return text
    .replace(quoted, (name) => (isHiding(name) ? toUnicodeIdentifier(name) : name))
    .replace(hidden, (one) => (one === lineBreak ? "\\n" : `\\u${toHex(one)}`))
    .replaceAll(lineBreakInJson, "\\n");
}

/** JSON of a value, with hidden characters as JSON escapes. */
export function toJsonText(value: unknown): string {
  const spell = (character: string): string =>
    Array.from(character.split(""), (unit) => `\\u${toHex(unit)}`).join("");
  return JSON.stringify(releaseLineBreaks(value), null, 2).replace(hidden, spell);
}

function mapTexts(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === "string") return change(value);
  if (Array.isArray(value)) return value.map((inner: unknown) => mapTexts(inner, change));
  if (typeof value !== "object" || value === null) return value;
  if (Object.getPrototypeOf(value) !== Object.prototype) return value;
  const entries = Object.entries(value);
  return Object.fromEntries(entries.map(([key, inner]) => [key, mapTexts(inner, change)]));
}

function isHiding(text: string): boolean {
  return text.search(hidden) >= 0;
}

/** https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-IDENTIFIERS */
function toUnicodeIdentifier(name: string): string {
  const spelled = name.replaceAll("\\", "\\\\").replace(hidden, (character) => {
    const hex = toHex(character);
    return hex.length > 4 ? `\\+${hex.padStart(6, "0")}` : `\\${hex}`;
  });
  return `U&${spelled}`;
}

function toHex(character: string): string {
  const code = character === lineBreak ? 10 : (character.codePointAt(0) ?? 0);
  return code.toString(16).padStart(4, "0");
}
