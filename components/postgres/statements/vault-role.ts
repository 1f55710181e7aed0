import { escapeIdentifier, escapeLiteral } from "pg";
import type { RoleSpec } from "../../config/spec.ts";
import { when } from "../../when.ts";
import { setting, toSearchPath } from "./sql.ts";

/** Statements for a role of Vault's database engine, which runs each list in one transaction. */
export interface VaultStatements {
  readonly creation: readonly string[];
  readonly revocation: readonly string[];
}

/** Vault replaces it with the login's name. */
const login = "{{name}}";

/**
 * Statements with which Vault makes a login and drops it again. The login's sessions SET ROLE to the
 * owner, so the owner owns what they create. Only the login is ever dropped: the owner gets what the login
 * owns in the database that Vault connects to, and if it owns something elsewhere, the drop fails. There
 * is no DROP OWNED, because it would drop what a session creates at that moment.
 *
 * Vault may run a revocation twice. The user that runs it first becomes a member of the login, because
 * ending its sessions and reassigning its objects needs that, even with CREATEROLE.
 *
 * @see https://developer.hashicorp.com/vault/docs/secrets/databases/postgresql
 */
export function toVaultStatements(
  owner: Pick<RoleSpec, "name" | "connectionLimit" | "searchPath" | "parameters">,
): VaultStatements {
  const { name, connectionLimit, searchPath, parameters } = owner;
  const limit = connectionLimit === -1 ? "" : ` CONNECTION LIMIT ${String(connectionLimit)}`;
  const group = escapeIdentifier(name);
  return {
    creation: [
      `CREATE ROLE "${login}" LOGIN${limit} PASSWORD '{{password}}' VALID UNTIL '{{expiration}}'`,
      `GRANT ${group} TO "${login}"`,
      `ALTER ROLE "${login}" SET role TO ${escapeLiteral(name)}`,
      // SET ROLE does not apply the owner's own settings.
      ...when(searchPath.length > 0, `ALTER ROLE "${login}" ${toSearchPath(searchPath)}`),
      ...Object.entries(parameters).map(
        ([one, value]) => `ALTER ROLE "${login}" ${setting({ name: one, value })}`,
      ),
    ],
    revocation: [
      [
        `DO $$ BEGIN`,
        `IF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = '${login}') THEN`,
        `ALTER ROLE "${login}" NOLOGIN;`,
        `GRANT "${login}" TO CURRENT_USER;`,
        `PERFORM pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity WHERE usename = '${login}';`,
        `REASSIGN OWNED BY "${login}" TO ${group};`,
        `DROP ROLE "${login}";`,
        `END IF; END $$`,
      ].join(" "),
    ],
  };
}
