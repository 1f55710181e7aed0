import { commandLine } from "../../components/command-line.ts";
import { BerthError } from "../../components/errors.ts";
import { type AppDecision, listActions } from "../../components/postgres/diff/decide-app.ts";
import type { Place } from "../../components/postgres/plan/place.ts";
import { isFurther } from "../../components/postgres/plan/plan.ts";
import {
  type Action,
  describeAction,
  isAboutOwnershipRole,
} from "../../components/postgres/statements/actions.ts";
import { formatStatements, labelStatements } from "../../components/postgres/statements/labels.ts";
import type { Report } from "../rpc/engine-log.ts";
import type { PropertyMap } from "../rpc/property-values.ts";
import { Refusals } from "../rpc/refusals.ts";
import { requirePossible } from "./inspect.ts";
import type { AppRequest } from "./request.ts";
import { describeKept, describeLeft } from "./retirement-check.ts";

/** What the operator sees of one run. What is the stack's is said once, not for each app. */
export class RunReports {
  readonly report: Report;
  /** The resource of the provider itself, for what is the stack's. */
  #provider: string | undefined;
  #hasWarned = false;
  #hasShownStack = false;
  #hasNoted = false;
  /** What stays on the server: apps of which that was said, and what was said of an app's databases. */
  readonly #kept = new Set<string>();
  readonly #refusals: Refusals;

  constructor(report: Report, refusals = new Refusals(report)) {
    this.report = report;
    this.#refusals = refusals;
  }

  begin(): void {
    this.#hasWarned = false;
    this.#hasShownStack = false;
    this.#hasNoted = false;
  }

  /** The run has a refresh, which looks into each database. */
  noteRead(): void {
    this.#hasNoted = true;
  }

  /** Says once of a run without a refresh what it did not compare. */
  noteNotCompared(urn: string): void {
    const text = `what is inside the databases was not compared: that needs berth:postgres.compareInside: true, or pulumi preview --refresh; ${commandLine("verify")} tries it`;
    if (!this.#hasNoted) this.report("info", this.#provider ?? urn, text);
    this.#hasNoted = true;
  }

  /** Answers the program, which says at its start what run this is; undefined = that is not its question. */
  answer(token: string, { urn, collectRefused }: PropertyMap): PropertyMap | undefined {
    if (token === "berth:postgres:getRefused") return { names: this.#refusals.list() };
    if (token !== "berth:postgres:beginRun") return undefined;
    if (typeof urn === "string") this.setProvider(urn);
    if (collectRefused === true) this.#refusals.collect();
    return {};
  }

  setProvider(urn: string): void {
    this.#provider = urn;
  }

  warnOnce(urn: string, text: string): void {
    if (!this.#hasWarned) this.report("warning", this.#provider ?? urn, text);
    this.#hasWarned = true;
  }

  warn(urn: string, texts: readonly string[]): void {
    for (const text of texts) this.report("warning", urn, text);
  }

  /** Says once of an app that leaves what stays of it. */
  noteKept(urn: string, app: string, place: Place): void {
    if (!this.#kept.has(app)) this.report("info", urn, describeKept(app, place));
    this.#kept.add(app);
  }

  /** Says once of databases that left the entry of their app that they stay. */
  noteLeft(urn: string, app: string, place: Place): void {
    const text = describeLeft(app, place);
    if (!this.#kept.has(text)) this.report("info", urn, text);
    this.#kept.add(text);
  }

  note(urn: string, notes: readonly string[]): void {
    if (notes.length > 0) this.report("info", urn, notes.join("\n"));
  }

  /** Shows what a preview found about an app, or why it refuses the app. */
  showPreview(
    urn: string,
    { plan, leftBehind }: Pick<AppRequest, "plan" | "leftBehind">,
    found: AppDecision,
    ownershipRole: string,
  ): void {
    const { app } = plan;
    const decision = isFurther(plan) ? withoutRoles(found) : found;
    try {
      const notes = [...leftBehind, ...requirePossible(decision)];
      this.warn(urn, notes);
    } catch (error) {
      if (!(error instanceof BerthError)) throw error;
      this.#refusals.refuse(urn, `app ${app}`, error);
      return;
    }
    this.#showStatements(urn, app, listActions(decision), ownershipRole);
  }

  /** Shows what differs from the program although the program did not change. */
  showDifference(urn: string, actions: readonly Action[]): void {
    const lines = actions.map((action) => `  ${action.path}: ${describeAction(action)}`);
    this.report("info", urn, ["differs from the program; up would do:", ...lines].join("\n"));
  }

  /** Statements about the ownership role are the stack's: the first app runs them. */
  #showStatements(
    urn: string,
    app: string,
    actions: readonly Action[],
    ownershipRole: string,
  ): void {
    const shared = actions.filter(isAboutOwnershipRole);
    if (shared.length > 0 && !this.#hasShownStack) {
      const labelled = labelStatements(shared, ownershipRole);
      this.report("info", this.#provider ?? urn, formatStatements("stack", labelled));
      this.#hasShownStack = true;
    }
    const own = actions.filter((action) => !isAboutOwnershipRole(action));
    if (own.length === 0) return;
    this.report("info", urn, formatStatements(`app ${app}`, labelStatements(own, ownershipRole)));
  }
}

/** The problems of an app's roles are those of its first database. */
function withoutRoles({ problems, ...decision }: AppDecision): AppDecision {
  return { ...decision, problems: problems.filter(({ at }) => !at.startsWith("roles.")) };
}
