import type { Problem } from "../../errors.ts";

/** Every rule about a server and the apps on it. */
export const problemCodes = [
  ...(["server-not-pinned", "server-other", "server-too-old", "server-is-standby"] as const),
  ...(["admin-lacks-createrole", "admin-lacks-createdb", "admin-is-reserved"] as const),
  ...(["admin-lacks-self-grant", "ownership-role-has-rights"] as const),
  ...(["ownership-role-of-other-stack", "ownership-role-without-stack", "stack-unknown"] as const),
  ...(["maintain-unsupported", "set-role-broken", "login-is-group"] as const),
  ...(["role-not-ours", "role-has-rights", "role-would-lose", "role-out-of-reach"] as const),
  ...(["role-of-other-stack", "role-above-admin"] as const),
  ...(["group-missing", "group-is-superuser", "group-out-of-reach"] as const),
  ...(["role-is-connected", "role-has-dependents", "role-gave-to-others"] as const),
  ...(["database-other-owner", "database-not-ours", "database-closed"] as const),
  ...(["database-half-dropped", "database-lost", "database-missing"] as const),
  ...(["database-in-use"] as const),
  ...(["database-reserved", "encoding-differs", "schema-other-owner", "schema-closed"] as const),
  ...(["extension-elsewhere", "extension-unavailable", "extension-needs-other"] as const),
  "setting-refused",
  ...(["extension-needs-superuser", "grant-of-other", "registry-would-lose"] as const),
  ...(["membership-option", "member-unlisted", "grant-option"] as const),
  ...(["object-of-other", "schema-unlisted", "setting-unstated", "object-missing"] as const),
] as const;

/** Code of a rule. */
export type ProblemCode = (typeof problemCodes)[number];

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
