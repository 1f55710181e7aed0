import { styleText } from "node:util";
import { toJsonText, toTerminalText } from "../components/terminal-text.ts";

/**
 * The one way of the verbs to the terminal: whatever others wrote is made fit for it here. Lint allows no
 * other.
 */

/** A text in a colour, where the stream shows colours. */
interface Painted {
  readonly format: Parameters<typeof styleText>[0];
  readonly text: string;
}

export function paint(format: Painted["format"], text: string): Painted {
  return { format, text };
}

/** A line on standard output. */
export function print(...parts: readonly (string | Painted)[]): void {
  write(process.stdout, parts);
}

/** A line on standard error. */
export function printError(...parts: readonly (string | Painted)[]): void {
  write(process.stderr, parts);
}

/** One JSON document on standard output. */
export function printJson(value: unknown): void {
  process.stdout.write(`${toJsonText(value)}\n`);
}

/** A file that is made of the stack file alone, byte by byte: a script for psql, or Markdown. */
export function printFile(text: string): void {
  process.stdout.write(text);
}

function write(stream: NodeJS.WriteStream, parts: readonly (string | Painted)[]): void {
  const shown = parts.map((part) =>
    typeof part === "string"
      ? toTerminalText(part)
      : styleText(part.format, toTerminalText(part.text), { stream }),
  );
  stream.write(`${shown.join("")}\n`);
}
