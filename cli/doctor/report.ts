import { BerthError, describeWhat } from "../../components/errors.ts";

/** One result of a check, in the form of the `--json` output. */
export interface Finding {
  /** The group of checks: `machine`, `stack`, `cluster`, `delivery`, …. */
  readonly group: string;
  readonly name: string;
  /** `warning`: a run succeeds all the same. `skipped`: it could not be checked, or there was no need. */
  readonly status: "ok" | "warning" | "failed" | "skipped";
  readonly detail: string;
  /** The command or edit that solves it. Every warning and failure has one. */
  readonly fix?: string;
}

/** The value of a check for later checks, or why there is none. */
export type Outcome<T> = { readonly value: T } | { readonly because: string };

/** A check that passed. `value` is for later checks. The detail is shown if there are no warnings. */
export type Passed<T> = {
  readonly detail: string;
  readonly warnings?: readonly { readonly detail: string; readonly fix: string }[];
} & ([T] extends [undefined] ? { readonly value?: T } : { readonly value: T });

export function warn(detail: string, fix: string): Passed<undefined> {
  return { detail, warnings: [{ detail, fix }] };
}

/** Thrown by a check when there is nothing to check. The check and all that need it are skipped. */
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

/** A check names those that it needs. If one of these failed, the check is skipped and says which. */
export class Report {
  readonly findings: Finding[] = [];
  readonly #onFinding: (finding: Finding) => void;
  #severity: "failed" | "warning" = "failed";

  constructor(onFinding: (finding: Finding) => void = () => undefined) {
    this.#onFinding = onFinding;
  }

  /** From here on a failed check is a warning, because a run succeeds without it. */
  onlyWarn(): void {
    this.#severity = "warning";
  }

  /** A `BerthError` is a failed check, with one finding for each of its problems. Any other error is a fault. */
  async check<const N extends readonly Outcome<unknown>[], T = undefined>(
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
      return { value: value as T };
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
