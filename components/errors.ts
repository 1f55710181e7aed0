/**
 * An error meant for the operator: what failed and for which app, what was given, what is allowed,
 * and in `hint` the command or edit that fixes it. It never carries a secret.
 *
 * The Pulumi language host prints an error marked `__pulumiRunError` as its bare message, without a
 * stack (`sdk/nodejs/errors.ts`); the CLI and the provider do the same.
 */
export class BerthError extends Error {
  readonly hint: string | undefined;
  /** The single problems of an error that lists many; each may end with a line `fix: …` of its own. */
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

/** One error for many problems, so that nobody has to fix them one run at a time. */
export function toOneError(title: string, problems: readonly string[]): BerthError {
  const count = problems.length === 1 ? "1 problem" : `${String(problems.length)} problems`;
  return new BerthError(`${title}: ${count}\n${problems.map((p) => `  - ${p}`).join("\n")}`, {
    problems,
  });
}
