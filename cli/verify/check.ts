import type { RoleSpec, StackSpec } from "../../components/config/spec.ts";
import type { Credential } from "../../components/onepassword/credential.ts";
import type { LiveRole, OpenDatabase } from "../../components/postgres/catalog/catalog.ts";
import type { ServerTarget } from "../../components/postgres/server/session.ts";

/** One check. A warning is a problem that Berth may not change. */
export interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
  readonly warning?: true;
}

/** What the checks of an app need. */
export interface VerifyContext {
  readonly spec: StackSpec;
  readonly target: ServerTarget;
  readonly credential: (role: RoleSpec) => Credential;
  readonly admin: Credential;
  /** Live owners and logins of apps with `rotation: two-logins` or Vault's logins. */
  readonly loginRoles: ReadonlyMap<string, LiveRole>;
  /** Databases that PUBLIC has privileges on. */
  readonly openDatabases: ReadonlyMap<string, OpenDatabase>;
  /** Privileges and memberships of the app's roles on reserved names. */
  readonly traces: readonly string[];
}
