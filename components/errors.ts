/** What is wrong, as data. It becomes a sentence only where it is shown. It never has a secret. */
export interface Problem {
  /** The rule that found it. */
  readonly code?: string;
  /** undefined = it is about the stack as a whole. */
  readonly app?: string;
  /** Path of the property in question. */
  readonly at?: string;
  readonly what: string;
  /** The command or edit that fixes it. */
  readonly fix?: string | undefined;
}

/** A problem as a sentence, without its fix. */
export function describeWhat({ app, what }: Problem): string {
  return app === undefined ? what : `app ${app}: ${what}`;
}

/** A problem as a sentence, with its fix on a second line. */
export function describeProblem(problem: Problem): string {
  const what = describeWhat(problem);
  return problem.fix === undefined ? what : `${what}\n    fix: ${problem.fix}`;
}

/** A problem at a key path, with which its sentence begins. */
export function problemAt(at: string, text: string, fix?: string): Problem {
  return { at, what: `${at}: ${text}`, fix };
}

/** A list with this problem, if it applies. */
export function problemWhen(applies: boolean, at: string, text: string, fix?: string): Problem[] {
  return applies ? [problemAt(at, text, fix)] : [];
}

/** Several fixes, each on its own line: alternatives, or one after the other. */
export function joinFixes(...fixes: readonly string[]): string {
  return fixes.join("\n    fix: ");
}

/**
 * An error for the operator. The message says what failed, for which app, what was given and what is allowed.
 * `hint` is the command or edit that fixes it. It never has a secret.
 *
 * For an error with `__pulumiRunError` Pulumi prints only the message, without a stack trace
 * (`sdk/nodejs/errors.ts`). The CLI and the provider do the same.
 */
export class BerthError extends Error {
  /** The message without the hint. */
  readonly what: string;
  readonly hint: string | undefined;
  /** The problems of an error that lists many; otherwise the error itself. */
  readonly problems: readonly Problem[];
  readonly __pulumiRunError = true;

  constructor(
    message: string,
    options: {
      hint?: string | undefined;
      cause?: unknown;
      problems?: readonly Problem[];
    } = {},
  ) {
    super(
      options.hint === undefined ? message : `${message}\n  fix: ${options.hint}`,
      options.cause === undefined ? {} : { cause: options.cause },
    );
    this.name = "BerthError";
    this.what = message;
    this.hint = options.hint;
    this.problems = options.problems ?? [{ what: message, fix: options.hint }];
  }
}

/** What an error says, whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The error's code. If the error bundles several (one per address), the first one's. */
export function toErrorCode(error: unknown): string {
  if (typeof error !== "object" || error === null) return "";
  if ("code" in error && typeof error.code === "string") return error.code;
  if (error instanceof AggregateError) return toErrorCode(error.errors[0]);
  return "";
}

/**
 * One error for many problems, so that the operator can fix all of them at once. A problem that several apps
 * share is listed once.
 */
export function toOneError(title: string, problems: readonly Problem[], hint?: string): BerthError {
  const unique = [...new Map(problems.map((one) => [describeProblem(one), one]))];
  const count = unique.length === 1 ? "1 problem" : `${String(unique.length)} problems`;
  const list = unique.map(([text]) => `  - ${text}`).join("\n");
  const found = unique.map(([, problem]) => problem);
  return new BerthError(`${title}: ${count}\n${list}`, { problems: found, hint });
}
