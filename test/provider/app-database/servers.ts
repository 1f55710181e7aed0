import { type Verdict, verifyStack } from "../../../cli/verify/verb.ts";
import { verifierEnvironment } from "../../../components/config/derive/names.ts";
import { Credential } from "../../../components/onepassword/credential.ts";
import type { StoredResource } from "../../../provider/rpc/resource-handler.ts";
import { listChecks } from "../../cli/verify/bed.ts";
import { makeSpec } from "../../fakes/stack.ts";
import { packages } from "../../postgres-packages.ts";
import { rowsOf } from "../../rows.ts";
import { admin, adminCredential, type DatabaseBed, rolePassword } from "./bed.ts";

export type Entry = Record<string, unknown>;

type Server = readonly [version: string, packageName: string, isSuperuser: boolean];
const all = Object.entries(packages)
  .toReversed()
  .flatMap(([version, name]): Server[] => [
    [version, name, false],
    [version, name, true],
  ]);
/** Each version of Postgres with both kinds of admin, the newest first. */
export const servers = rowsOf<Server>(all.slice(0, 1), all.slice(1));

/** What a superuser does where the admin may not: on 14 every role may create tables in schema public. */
export async function closePublic(bed: DatabaseBed, app: string, database = app): Promise<void> {
  const [open] = await bed.sql(
    `select from pg_roles where rolname = '${admin.name}' and not rolsuper
       and current_setting('server_version_num')::int < 150000`,
  );
  if (open === undefined) return;
  const statement = `grant usage, create on schema public to ${app}; revoke create on schema public from public`;
  await bed.sql(statement, database);
}

export const toSpec = (bed: DatabaseBed, apps: Entry) => makeSpec(apps, bed.postgres);

/** The items of the admin and of each login. */
export const items = {
  admin: adminCredential,
  credential: ({ name, logins }: { readonly name: string; readonly logins?: unknown }) => {
    const user = Array.isArray(logins) ? String(logins[0]) : name;
    return new Credential(user, rolePassword(user));
  },
};

/** The verifiers of an app that was made, as its script gets them. */
export function verifiersOf({ inputs }: StoredResource): Record<string, string> {
  const { verifiers } = inputs as unknown as {
    readonly verifiers: Readonly<Record<string, { readonly value: string }>>;
  };
  return Object.fromEntries(
    Object.entries(verifiers).map(([key, { value }]) => [verifierEnvironment(key), value]),
  );
}

export async function verify(bed: DatabaseBed, entries: Entry): Promise<Verdict> {
  return await verifyStack(toSpec(bed, entries), items, () => undefined);
}

/** What `verify` finds wrong. */
export const failuresOf = async (bed: DatabaseBed, entries: Entry): Promise<string[]> =>
  listChecks(await verify(bed, entries), "failed");
