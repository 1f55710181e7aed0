/**
 * Names and messages that others wrote, on their way to somebody's terminal. A table may be called anything:
 * with an escape sequence in its name it could wipe a preview, and with a line break add lines to it.
 *
 * Berth's own texts have line breaks as well. So that the two can be told apart, a break of the server's is
 * held as half of a surrogate pair from the moment it arrives (`keepLineBreaks`): nothing that is encoded in
 * UTF-8 can contain one.
 */
const held = "\ud80a";
const heldInJson = "\\ud80a";

/** Control and format characters (C0, DEL, C1, bidi, line separators, half pairs), and where a Pulumi mark begins. */
const hidden = /[^\P{C}\n]|[\p{Zl}\p{Zp}]|(?<=<)\{(?=%)/gu;
const quoted = /"(?:[^"\n]|"")*"/g;

/** What another program said, with its line breaks held; numbers, dates and so on come back as they are. */
export function holdLineBreaks<T>(value: T): T;
export function holdLineBreaks(value: unknown): unknown {
  return mapTexts(value, (text) => text.replaceAll("\n", held));
}

/** What is sent back, as it came. */
export function releaseLineBreaks<T>(value: T): T;
export function releaseLineBreaks(value: unknown): unknown {
  return mapTexts(value, (text) => text.replaceAll(held, "\n"));
}

/**
 * A text as it may be printed, on as many lines as Berth gave it: what a terminal or Pulumi would act on is
 * spelled out. In double quotes that makes an SQL identifier, so that a statement can still be pasted.
 */
export function toTerminalText(text: string): string {
  return text
    .replace(quoted, (name) => (isHiding(name) ? toUnicodeIdentifier(name) : name))
    .replace(hidden, (one) => (one === held ? "\\n" : `\\u${toHex(one)}`))
    .replaceAll(heldInJson, "\\n");
}

/** JSON of a value; its own escapes say what is hidden. */
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
  const code = character === held ? 10 : (character.codePointAt(0) ?? 0);
  return code.toString(16).padStart(4, "0");
}
