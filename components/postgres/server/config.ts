import type { PostgresSpec } from "../../config/spec.ts";
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
    | "confirmDelete"
    | "dumpDirectory"
  > {
  readonly admin: Credential;
  /** Where the admin's password came from, for messages: `vault/item`. */
  readonly adminItem: string;
}
