import { expect, vi } from "vitest";

/** A fix that is tried: something is refused with it; the fix is done, and then the same works. */
export interface Row {
  /** Where the code has the fix. */
  readonly file: string;
  /** How the fix begins there, with `…` for what a run puts in. */
  readonly fix: string;
  readonly when: string;
  readonly arrange: () => Trial | Promise<Trial>;
}

/** A fix that another test tries: how it begins, the test's file below `test/`, and a part of its title. */
export type Tried = readonly [fix: string, file: string, title: string];

export interface Trial {
  readonly run: () => unknown;
  readonly repair: (fix: string, message: string) => unknown;
  /** Takes away what was made. */
  readonly end?: () => unknown;
}

/** A trial of a value that is refused: a part of a file, an environment, the arguments of a command. */
export function edited<T>(
  given: T,
  run: (value: T) => unknown,
  edit: (value: T, fix: string, message: string) => T,
): () => Trial {
  return () => {
    let value = given;
    return {
      run: () => run(value),
      repair: (fix, message) => {
        value = edit(value, fix, message);
      },
    };
  };
}

/** Tries one row. */
export async function tryFix({ fix, arrange }: Row): Promise<void> {
  const { run, repair, end } = await arrange();
  try {
    const message = await refusalOf(run);
    await repair(findFix(message, fix), message);
    await run();
  } finally {
    await end?.();
    vi.unstubAllEnvs();
  }
}

async function refusalOf(run: () => unknown): Promise<string> {
  try {
    await run();
  } catch (error) {
    const { message = "", hint = "" } = error as { message?: string; hint?: string };
    return message.includes(hint) ? message : `${message}\n  fix: ${hint}`;
  }
  throw new Error("it was not refused");
}

/** The printed line with the fix, from its beginning on. */
function findFix(message: string, fix: string): string {
  const pattern = fix
    .split("…")
    .map((text) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"))
    .join(".*?");
  const [, line] = new RegExp(`\\n\\s+fix: (?:.*?)(${pattern}.*)`).exec(message) ?? [];
  expect(line, message).toBeDefined();
  return line ?? "";
}
