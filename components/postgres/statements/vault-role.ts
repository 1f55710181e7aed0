import { escapeIdentifier, escapeLiteral } from "pg";
import type { RoleSpec } from "../../config/spec.ts";

/** What Vault's database engine runs for a role of it, each list in one transaction. */
export interface VaultStatements {
  readonly creation: readonly string[];
  readonly revocation: readonly string[];
}

/** Vault puts the login's name in place of it. */
const login = "{{name}}";

/**
 * Statements by which Vault makes a login that acts as the owner, and takes it away again. All that such
 * a login makes belongs to the owner, and nothing is ever dropped but the login: what it made for itself
 * in the database that Vault is connected to goes to the owner, and something of it elsewhere is an error.
 * DROP OWNED is left out for that, since it would drop what a session makes at that moment.
 *
 * Vault may repeat a revocation that has been done. Whoever runs it, even with CREATEROLE only, is made a
 * member of the login first: ending its sessions and giving away what it has takes that.
 *
 * @see https://developer.hashicorp.com/vault/docs/secrets/databases/postgresql
 */
export function toVaultStatements(
  owner: Pick<RoleSpec, "name" | "connectionLimit" | "searchPath">,
): VaultStatements {
  const { name, connectionLimit, searchPath } = owner;
  const limit = connectionLimit === -1 ? "" : ` CONNECTION LIMIT ${String(connectionLimit)}`;
  const group = escapeIdentifier(name);
  return {
    creation: [
      `CREATE ROLE "${login}" LOGIN${limit} PASSWORD '{{password}}' VALID UNTIL '{{expiration}}'`,
      `GRANT ${group} TO "${login}"`,
      `ALTER ROLE "${login}" SET role TO ${escapeLiteral(name)}`,
      // The owner's own settings hold for its own logins only.
      ...(searchPath.length === 0
        ? []
        : [
            `ALTER ROLE "${login}" SET search_path TO ${searchPath.map(escapeIdentifier).join(", ")}`,
          ]),
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
