import type { Client } from "pg";
import type { DatabasePlan, PlannedDatabase } from "../plan/plan.ts";
import { queryFile } from "./query.ts";

/** A wanted extension, or one that it needs: what the server has of it, and what the database has. */
export interface LiveExtension {
  readonly name: string;
  /** Whether the plan lists it. If not, the database lacks it, and one that the plan lists needs it. */
  readonly isWanted: boolean;
  /** Whether its files are on the server. */
  readonly isAvailable: boolean;
  /** Whether the server has files of the wanted version. */
  readonly hasVersion: boolean;
  /** Whether the owner of a database may create it. */
  readonly isTrusted: boolean;
  /** Whether only a superuser may create it, or one that it needs and the database lacks. */
  readonly needsSuperuser: boolean;
  /** Whether it is installed and the admin is not a member of its owner, so the admin cannot update it. */
  readonly belongsToOther: boolean;
  /** The only schema that it can be in; null = any. */
  readonly fixedSchema: string | null;
  /** Where it is created. */
  readonly schema: string;
  /** Extensions that it needs and the database does not have. */
  readonly requires: readonly string[];
  /** null = the database does not have it. */
  readonly installedVersion: string | null;
  readonly installedSchema: string | null;
  /** Whether it has functions of its own owner, or of the server's first superuser, that is not the database's owner. */
  readonly keepsFunctions: boolean;
}

interface Wanted extends Pick<DatabasePlan, "extensions"> {
  readonly database: Pick<PlannedDatabase, "owner">;
}

/**
 * Reads the wanted extensions and those that they need, in one query; in none if nothing is wanted. An extension
 * comes after those that it needs.
 *
 * @param isNew The app's database does not exist yet, and the session is in another one.
 */
export async function inspectExtensions(
  client: Client,
  { extensions, database }: Wanted,
  isNew: boolean,
): Promise<readonly LiveExtension[]> {
  if (extensions.length === 0) return [];
  return await queryFile(client, "sql/extensions", [
    extensions.map(({ name }) => name),
    extensions.map(({ version }) => version ?? ""),
    extensions.map(({ schema }) => schema),
    isNew,
    database.owner,
  ]);
}
