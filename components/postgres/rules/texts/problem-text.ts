/** What a person reads about a rule in docs/troubleshooting.md. */
export interface ProblemText {
  /** What the message has; `…` stands for names and the like. */
  readonly seen: readonly string[];
  readonly means: string;
  /** In general. The message has the statement or edit for the case. */
  readonly fix: string;
}
