import type { Problem } from "../../errors.ts";
import { databaseTexts } from "./texts/databases.ts";
import { serverAndRoleTexts } from "./texts/server-and-roles.ts";

/** Every rule, with what docs/troubleshooting.md says about it. */
export const problemTexts = { ...serverAndRoleTexts, ...databaseTexts };

/** Code of a rule. */
export type ProblemCode = keyof typeof problemTexts;

/** Every rule about a server and the apps on it. */
export const problemCodes = Object.keys(problemTexts) as readonly ProblemCode[];

/** What is wrong with a server, or with an app on it. */
export interface PostgresProblem extends Problem {
  readonly code: ProblemCode;
  /** A property of the app; a key of the stack file if the problem is about no app. */
  readonly at: string;
  readonly fix: string;
}

/** What is wrong with one app. */
export interface AppProblem extends PostgresProblem {
  readonly app: string;
}
