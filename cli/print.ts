import { styleText } from "node:util";
import { toJsonText, toTerminalText } from "../components/terminal-text.ts";

/**
 * The output of the verbs. Control characters from others are escaped here. Lint forbids other ways to print.
 */

/** A text in a colour, if the stream supports colours. */
interface Painted {
  readonly format: Parameters<typeof styleText>[0];
  readonly text: string;
}

export function paint(format: Painted["format"], text: string): Painted {
  return { format, text };
}

/** `1 app`, `2 apps`. */
export function countOf(count: number, noun: string): string {
  return `${String(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** Prints a line on standard output. */
export function print(...parts: readonly (string | Painted)[]): void {
  write(process.stdout, parts);
}

/** Prints a line on standard error. */
export function printError(...parts: readonly (string | Painted)[]): void {
  write(process.stderr, parts);
}

/** Prints one JSON document on standard output. */
export function printJson(value: unknown): void {
  process.stdout.write(`${toJsonText(value)}\n`);
}

/** Prints a file as it is, such as a psql script or Markdown. It must come from the stack file alone. */
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
