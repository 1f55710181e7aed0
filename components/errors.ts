/**
 * An error for the operator. The message says what failed and for which app, what was given and what is
 * allowed; `hint` is the command or edit that fixes it. It never has a secret.
 *
 * For an error with `__pulumiRunError` Pulumi prints only the message, without a stack trace
 * (`sdk/nodejs/errors.ts`). The CLI and the provider do the same.
 */
export class BerthError extends Error {
  readonly hint: string | undefined;
  /** The single problems of an error that lists many. Each may end with its own line `fix: …`. */
  readonly problems: readonly string[];
  readonly __pulumiRunError = true;

  constructor(
    message: string,
    options: { hint?: string; cause?: unknown; problems?: readonly string[] } = {},
  ) {
    super(
      options.hint === undefined ? message : `${message}\n  fix: ${options.hint}`,
      options.cause === undefined ? {} : { cause: options.cause },
    );
    this.name = "BerthError";
    this.hint = options.hint;
    this.problems = options.problems ?? [];
  }
}

/** One error that lists many problems, so that one run shows them all. */
export function toOneError(title: string, problems: readonly string[]): BerthError {
  const count = problems.length === 1 ? "1 problem" : `${String(problems.length)} problems`;
  return new BerthError(`${title}: ${count}\n${problems.map((p) => `  - ${p}`).join("\n")}`, {
    problems,
  });
}
