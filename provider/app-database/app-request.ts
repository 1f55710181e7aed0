import type { AppDatabaseState } from "../../components/postgres/plan/app-state.ts";
import type { FormerRole } from "../../components/postgres/plan/former-role.ts";
import type { PostgresServer } from "../../components/postgres/server/postgres-server.ts";

/** One app to be brought about. */
export interface AppRequest {
  readonly state: AppDatabaseState;
  /** By the role's key. Secret. */
  readonly verifiers: ReadonlyMap<string, string>;
  /** Keys of roles whose password has to be set if they exist. */
  readonly newPasswords: ReadonlySet<string>;
  readonly formerRoles: readonly FormerRole[];
  /** Schemas and extensions that left the entry, as the operator is told of them. */
  readonly leftBehind: readonly string[];
  /** Whether state says that the database is there; then it is not made anew if it is missing. */
  readonly isKnown: boolean;
}

/** Verifiers that the server holds, by the role's name; undefined = only a superuser may see them. Secret. */
export type StoredVerifiers = ReadonlyMap<string, string | null> | undefined;
/** What the catalog cannot tell. */
export interface RoleContext {
  readonly request: AppRequest;
  readonly server: PostgresServer;
  readonly stored: StoredVerifiers;
}
