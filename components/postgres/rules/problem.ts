import type { Problem } from "../../errors.ts";

/** Every rule about a server and the apps on it. */
export const problemCodes = [
  "server-not-pinned",
  "server-other",
  "server-too-old",
  "server-is-standby",
  "admin-lacks-createrole",
  "admin-lacks-createdb",
  "admin-is-reserved",
  "admin-lacks-self-grant",
  "ownership-role-has-rights",
  "maintain-unsupported",
  "set-role-broken",
  "role-not-ours",
  "role-has-rights",
  "role-would-lose",
  "role-out-of-reach",
  "login-is-group",
  "database-other-owner",
  "database-not-ours",
  "database-closed",
  "database-half-dropped",
  "database-lost",
  "database-missing",
  "database-reserved",
  "encoding-differs",
  "schema-other-owner",
  "extension-elsewhere",
  "extension-unavailable",
  "extension-needs-other",
  "extension-needs-superuser",
  "schema-closed",
  "grant-of-other",
  "role-is-connected",
  "role-has-dependents",
  "role-gave-to-others",
  "registry-would-lose",
] as const;

/** Names a rule. */
export type ProblemCode = (typeof problemCodes)[number];

/** What is wrong with a server, or with an app on it. */
export interface PostgresProblem extends Problem {
  readonly code: ProblemCode;
  /** A property of the app, or a key of the stack file where it is about no app. */
  readonly at: string;
  readonly fix: string;
}

/** What is wrong with one app. */
export interface AppProblem extends PostgresProblem {
  readonly app: string;
}
