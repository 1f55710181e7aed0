import { BerthError, describeWhat } from "../../components/errors.ts";

/** What was looked at, and how it is; the form of one element of the `--json` output. */
export interface Finding {
  /** Part of the whole that it belongs to: `machine`, `stack`, `cluster`, `delivery`, …. */
  readonly group: string;
  readonly name: string;
  /** `warning`: a run goes on all the same. `skipped`: it could not be tried, or there is no need. */
  readonly status: "ok" | "warning" | "failed" | "skipped";
  readonly detail: string;
  /** The command or edit that solves it; every warning and failure has one. */
  readonly fix?: string;
}

/** What a check found out for those that build on it, or the check that failed instead. */
export type Outcome<T> = { readonly value: T } | { readonly because: string };

/** A check that went well, at most with something to know. */
export interface Passed<T> {
  readonly value: T;
  readonly detail: string;
  readonly warnings?: readonly { readonly detail: string; readonly fix: string }[];
}

/** There is nothing to check. It counts neither as good nor as bad; what builds on it is skipped. */
export class NotNeeded extends Error {}

interface About {
  readonly group: string;
  readonly name: string;
  /** For failures without a fix of their own. */
  readonly fix: string;
}

type Values<T extends readonly Outcome<unknown>[]> = {
  [K in keyof T]: T[K] extends Outcome<infer V> ? V : never;
};

/**
 * Carries checks out one after another and keeps what they find. A check names those it builds on;
 * where one of them has failed, it is not tried, and says which.
 */
export class Report {
  readonly findings: Finding[] = [];
  readonly #onFinding: (finding: Finding) => void;
  #severity: "failed" | "warning" = "failed";

  constructor(onFinding: (finding: Finding) => void = () => undefined) {
    this.#onFinding = onFinding;
  }

  /** From here on a failed check is a warning: a run goes on without what it looks at. */
  onlyWarn(): void {
    this.#severity = "warning";
  }

  /** Every `BerthError` is a failed check, one for each of its problems. Any other error is a fault. */
  async check<T, const N extends readonly Outcome<unknown>[]>(
    about: About,
    needs: N,
    run: (...values: Values<N>) => Passed<T> | Promise<Passed<T>>,
  ): Promise<Outcome<T>> {
    const { group, name } = about;
    const missing = needs.find((need) => "because" in need);
    if (missing !== undefined && "because" in missing) {
      this.#add({ group, name, status: "skipped", detail: missing.because });
      return missing;
    }
    const values = needs.map((need) => ("value" in need ? need.value : undefined)) as Values<N>;
    try {
      const { value, detail, warnings = [] } = await run(...values);
      if (warnings.length === 0) this.#add({ group, name, status: "ok", detail });
      for (const warning of warnings) this.#add({ group, name, status: "warning", ...warning });
      return { value };
    } catch (error) {
      return this.#fail(about, error);
    }
  }

  #fail({ group, name, fix }: About, error: unknown): Outcome<never> {
    if (error instanceof NotNeeded) {
      const because = `because ${error.message}`;
      this.#add({ group, name, status: "skipped", detail: because });
      return { because };
    }
    if (!(error instanceof BerthError)) throw error;
    for (const problem of error.problems) {
      const detail = describeWhat(problem);
      this.#add({ group, name, status: this.#severity, detail, fix: problem.fix ?? fix });
    }
    return { because: `because "${group}: ${name}" failed` };
  }

  #add(finding: Finding): void {
    this.findings.push(finding);
    this.#onFinding(finding);
  }
}
