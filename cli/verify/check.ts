import type { RoleSpec, StackSpec } from "../../components/config/spec.ts";
import type { Credential } from "../../components/onepassword/credential.ts";
import type { LiveRole, OpenDatabase } from "../../components/postgres/catalog/catalog.ts";
import type { ServerTarget } from "../../components/postgres/server/session.ts";

/** One promise, tried. A warning is something the operator should know and Berth may not change. */
export interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
  readonly warning?: true;
}

/** What is needed to try an app's promises. */
export interface VerifyContext {
  readonly spec: StackSpec;
  readonly target: ServerTarget;
  readonly credential: (role: RoleSpec) => Credential;
  /** Roles of apps whose logins take turns, as the admin sees them. */
  readonly turns: ReadonlyMap<string, LiveRole>;
  /** Databases that PUBLIC has privileges on. */
  readonly openDatabases: ReadonlyMap<string, OpenDatabase>;
  /** What the app's roles have left on reserved roles and databases. */
  readonly traces: readonly string[];
}
