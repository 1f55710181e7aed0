import { describeAdminItem, type PostgresSpec } from "../../config/spec/postgres.ts";
import type { Credential } from "../../onepassword/credential.ts";

/** What the provider needs to reach and administer a server. */
export interface PostgresConfig
  extends Pick<
    PostgresSpec,
    | "endpoint"
    | "tls"
    | "maintenanceDatabase"
    | "systemIdentifier"
    | "reserved"
    | "ownershipRole"
    | "stack"
    | "connectionLimit"
    | "compareInside"
    | "confirmDelete"
    | "dumpDirectory"
  > {
  /** Reads the admin's credential once, when it is first needed. */
  readonly admin: () => Promise<Credential>;
  /** The admin's name, for checks that need neither 1Password nor the server. */
  readonly username: string;
  /** Where the admin's password came from, for messages: `vault/item`; undefined = it has none. */
  readonly adminItem: string | undefined;
}

/** With a login of the admin that has been read already. */
export function toPostgresConfig(postgres: PostgresSpec, admin: Credential): PostgresConfig {
  return {
    ...postgres,
    admin: () => Promise.resolve(admin),
    username: admin.username,
    adminItem: describeAdminItem(postgres),
  };
}
