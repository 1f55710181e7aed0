import type { RoleSpec, StackSpec } from "../../components/config/spec.ts";
import { BerthError, describeProblem, joinFixes, messageOf } from "../../components/errors.ts";
import type { Credential } from "../../components/onepassword/credential.ts";
import type { Catalog, ServerFacts } from "../../components/postgres/catalog/catalog.ts";
import type { OpenDatabase, Trace } from "../../components/postgres/catalog/neighbours.ts";
import type { ServerTarget } from "../../components/postgres/server/session.ts";

/** One check. A warning is a problem that Berth may not change. What failed has the statement or command that fixes it. */
export type Check = {
  readonly name: string;
  readonly detail: string;
} & (
  | { readonly ok: true; readonly warning?: true; readonly fix?: string }
  | { readonly ok: false; readonly warning?: never; readonly fix: string }
);

export interface Wrong {
  readonly what: string;
  readonly fix: string;
}

/** Berth's own statements fix it; where they need a superuser, `pulumi up` prints them. */
export const runUp = "run pulumi up";

/** The check is passed if nothing is wrong. */
export function toCheck(name: string, good: string, wrong: readonly Wrong[]): Check {
  if (wrong.length === 0) return { name, ok: true, detail: good };
  return {
    name,
    ok: false,
    detail: wrong.map(({ what }) => what).join("; "),
    fix: joinFixes(...new Set(wrong.map(({ fix }) => fix))),
  };
}

/** A failed check with an error. An error of Berth has its own fix. */
export function toFailed(name: string, error: unknown, fix: string): Check {
  const { what: detail, hint } =
    error instanceof BerthError ? error : { what: messageOf(error), hint: undefined };
  return { name, ok: false, detail, fix: hint ?? fix };
}

/** A problem that Berth may not change. */
export function toWarning(name: string, detail: string, fix: string): Check {
  return { name, ok: true, warning: true, detail, fix };
}

export interface VerifyContext {
  readonly spec: StackSpec;
  readonly target: ServerTarget;
  readonly server: ServerFacts;
  readonly credential: (role: RoleSpec) => Credential;
  readonly admin: Credential;
  /** All roles of the server, and the databases of the stack. */
  readonly catalog: Catalog;
  /** Databases that PUBLIC has privileges on. */
  readonly openDatabases: ReadonlyMap<string, OpenDatabase>;
  /** Privileges and memberships of the app's roles on reserved names. */
  readonly traces: readonly Trace[];
}

/** A check in words, with what fixes it on a line of its own. */
export function describeCheck({ name, detail, fix }: Check): string {
  return describeProblem({ what: `${name}: ${detail}`, fix });
}
