export interface FormerRole {
  readonly key: string;
  readonly name: string;
  /** Another app of the stack has the role now. Then only its privileges in this database are revoked. */
  readonly isElsewhere?: boolean;
  /** Schemas of the entry that had the role; some may have been removed with it. */
  readonly schemas?: readonly string[] | undefined;
}

/** Names of settings that Berth has set, by the key of their role; `database` for those of the database. */
export type FormerSettings = ReadonlyMap<string, readonly string[]>;
