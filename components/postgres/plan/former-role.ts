/** A role that was in the app's entry and is not any more. */
export interface FormerRole {
  readonly key: string;
  readonly name: string;
  /** Whether another app of the stack has it now: then it only loses what it had here. */
  readonly isElsewhere?: boolean;
  /** Of the entry that it was in: one of them may have left with it. */
  readonly schemas?: readonly string[] | undefined;
}
