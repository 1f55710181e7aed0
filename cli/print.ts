import { styleText } from "node:util";
import { toJsonText, toTerminalText } from "../components/terminal-text.ts";

/** The output of the verbs. Control characters from others are escaped here. Lint forbids other ways to print. */

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

export function print(...parts: readonly (string | Painted)[]): void {
  write(process.stdout, parts);
}

export function printError(...parts: readonly (string | Painted)[]): void {
  write(process.stderr, parts);
}

/** Prints on standard error what a verb has just done. */
export function printStep(step: string, text: string): void {
  printError(paint("green", step.padEnd(8)), ` ${text}`);
}

export function printJson(value: unknown): void {
  process.stdout.write(`${toJsonText(value)}\n`);
}

/** Prints a file as it is, such as a psql script or Markdown. It must come from the stack file alone. */
export function printFile(text: string): void {
  process.stdout.write(text);
}

/** Milliseconds between two signs of life: on a terminal, and in a log. */
const signs = { terminal: 1000, log: 20_000 } as const;

/** Shows on standard error that silent work goes on: seconds on a terminal, and a line now and then in a log. */
export async function withProgress<T>(what: string, work: () => Promise<T>): Promise<T> {
  const { isTTY } = process.stderr;
  const start = Date.now();
  const clear = (): void => {
    if (isTTY) process.stderr.write("\r\u001B[K");
  };
  const show = (): void => {
    clear();
    const text = toTerminalText(`${what}, ${String(Math.round((Date.now() - start) / 1000))} s`);
    process.stderr.write(isTTY ? text : `${text}\n`);
  };
  const showing = setInterval(show, isTTY ? signs.terminal : signs.log);
  try {
    return await work();
  } finally {
    clearInterval(showing);
    clear();
  }
}

function write(stream: NodeJS.WriteStream, parts: readonly (string | Painted)[]): void {
  const shown = parts.map((part) =>
    typeof part === "string"
      ? toTerminalText(part)
      : styleText(part.format, toTerminalText(part.text), { stream }),
  );
  stream.write(`${shown.join("")}\n`);
}
