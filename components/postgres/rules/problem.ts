import type { Problem } from "../../errors.ts";
import { databaseTexts } from "./texts/databases.ts";
import { serverAndRoleTexts } from "./texts/server-and-roles.ts";

/** Every rule, with what docs/troubleshooting.md says about it. */
export const problemTexts = { ...serverAndRoleTexts, ...databaseTexts };

export type ProblemCode = keyof typeof problemTexts;

/** Every rule about a server and the apps on it. */
export const problemCodes = Object.keys(problemTexts) as readonly ProblemCode[];

export interface PostgresProblem extends Problem {
  readonly code: ProblemCode;
  /** A property of the app; a key of the stack file if the problem is about no app. */
  readonly at: string;
  readonly fix: string;
}

export interface AppProblem extends PostgresProblem {
  readonly app: string;
}
