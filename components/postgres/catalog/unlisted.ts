import type { Client } from "pg";
import type { RoleAccess } from "../../config/privileges.ts";
import type { DatabasePlan } from "../plan/plan.ts";
import { queryFile } from "./query.ts";

/** An object of another owner. */
export interface StrangeObject {
  /** As Postgres calls it: `materialized view`. */
  readonly type: string;
  /** As SQL, with its schema, and quoted: `public."a b"`, `public.f(integer)`. */
  readonly name: string;
  readonly owner: string;
}

/** What a database holds that its plan does not list. */
export interface LiveUnlisted {
  readonly objects: readonly StrangeObject[];
  /** Settings of ALTER DATABASE and of ALTER ROLE … IN DATABASE, `name=value`; role null = every role. */
  readonly settings: readonly { readonly role: string | null; readonly setting: string }[];
  /** Schemas of the owner, and the app's roles that enter each schema of the app, but not these. */
  readonly schemas: readonly { readonly name: string; readonly roles: readonly string[] }[];
}

/** The part of a `DatabasePlan` that says what is listed. */
type Listed = Pick<DatabasePlan, "schemas"> & {
  readonly roles: readonly (Pick<DatabasePlan["roles"][number], "name"> & Partial<RoleAccess>)[];
  readonly database: Pick<DatabasePlan["database"], "owner" | "guests">;
};

interface Row {
  readonly kind: "object" | "setting" | "schema";
  readonly type: string | null;
  readonly name: string;
  readonly role: string | null;
  readonly roles: readonly string[];
}

/** Reads it in the session's database, in one query. */
export async function inspectUnlisted(
  client: Client,
  { schemas, roles, database: { owner, guests = [] } }: Listed,
): Promise<LiveUnlisted> {
  const others = roles
    .filter(
      ({ name, grants }) => name !== owner && (grants === undefined || grants.schema !== undefined),
    )
    .map(({ name }) => name);
  const rows = await queryFile<Row>(client, "sql/unlisted", [owner, guests, schemas, others]);
  const of = (kind: Row["kind"]) => rows.filter((row) => row.kind === kind);
  return {
    objects: of("object").map(({ type, name, role }) => ({
      type: type ?? "",
      name,
      owner: role ?? "",
    })),
    settings: of("setting").map(({ name, role }) => ({ setting: name, role })),
    schemas: of("schema").map(({ name, roles: closed }) => ({ name, roles: closed })),
  };
}
