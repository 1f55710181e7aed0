import type { LabelledStatement } from "../../components/postgres/statements/labels.ts";
import type { Risk } from "../../components/postgres/statements/risks.ts";

export type Change = "create" | "update" | "replace" | "delete";

/** A file, an object or another resource that changes. */
export interface ChangedThing {
  /** `file`, or a kind such as `OnePasswordItem` or `Grant`. */
  readonly kind: string;
  readonly name: string;
  readonly change: Change;
}

export interface AppPreview {
  readonly app: string;
  readonly change: "new" | "changes" | "leaves" | "refused";
  /** Properties of the app's database that change, by path. */
  readonly properties: readonly string[];
  readonly statements: readonly LabelledStatement[];
  readonly things: readonly ChangedThing[];
  readonly notes: readonly string[];
  readonly errors: readonly string[];
}

/** A change that somebody should look at. */
export interface FoundRisk {
  readonly risk: Risk;
  /** undefined = it is about the stack. */
  readonly app: string | undefined;
  readonly what: string;
}

/** What a run would do; the `--json` output. */
export interface StackPreview {
  readonly stack: string;
  readonly unchanged: boolean;
  readonly apps: readonly AppPreview[];
  readonly unchangedApps: readonly string[];
  /** Apps that the run did not come to, because an error ended it before. */
  readonly notComparedApps: readonly string[];
  readonly shared: Pick<AppPreview, "statements" | "things" | "notes" | "errors">;
  readonly risks: readonly FoundRisk[];
}
