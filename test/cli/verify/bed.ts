import { type Verdict, verifyStack } from "../../../cli/verify/verb.ts";
import { privilegeTable } from "../../../components/config/privileges.ts";
import type { StackSpec } from "../../../components/config/spec.ts";
import { Credential } from "../../../components/onepassword/credential.ts";
import type { StoredResource } from "../../../provider/rpc/resource-handler.ts";
import { makeSpec } from "../../fakes/stack.ts";
import {
  adminCredential,
  DatabaseBed,
  inputsOf,
  rolePassword,
  toUrn,
} from "../../provider/app-database/bed.ts";

/** Apps of every profile and every mix of what an entry can say, on a real Postgres, for `verify` to try. */
export interface VerifyBed {
  readonly bed: DatabaseBed;
  readonly spec: StackSpec;
  readonly verify: (apps: readonly string[]) => Promise<Verdict>;
  /** `verify` of one more app, with this entry. */
  readonly verifyMore: (app: string, entry: object) => Promise<Verdict>;
  /** `pulumi up` of one app. */
  readonly up: (app: string) => Promise<unknown>;
  /** Whether a plain `pulumi preview` shows anything of one app. */
  readonly isShown: (app: string) => Promise<boolean>;
}

/** Roles of the server, of the app itself and of an app before it. */
function groupsOf(n: number): string[] {
  const all = ["reports", "pg_read_all_data", `app${String(n)}_rw`, `app${String(n - 1)}_rw`];
  return n < 4 ? [] : all.filter((_, place) => n % (place + 4) === 0);
}

/** Each app another mix; the first three are those that are broken afterwards. */
function makeEntry(n: number) {
  const some = (list: readonly string[]) => list.filter((_, place) => (n * (place + 1)) % 7 < 3);
  const isOneIn = (every: number): boolean => n % every === 0;
  return {
    owner: {
      settings: isOneIn(4) ? { work_mem: "8MB", statement_timeout: "5min" } : {},
      searchPath: isOneIn(3) ? ["public", "billing"] : [],
    },
    database: {
      connectionLimit: isOneIn(5) ? 40 : -1,
      settings: isOneIn(2) ? { jit: false } : {},
      schemas: isOneIn(2) ? ["billing"] : [],
      extensions: isOneIn(4) ? ["cube", { name: "pg_trgm", schema: "billing" }] : [],
      revokePublic: !isOneIn(3),
    },
    roles: {
      rw: { profile: "readwrite", connectionLimit: isOneIn(2) ? 7 : -1 },
      ro: {
        profile: "readonly",
        memberOf: groupsOf(n),
        login: n > 4 && isOneIn(6) ? "external" : "password",
      },
      probe: {
        privileges: {
          database: some(privilegeTable.database),
          tables: some(privilegeTable.table),
          sequences: some(privilegeTable.sequence),
          functions: some(privilegeTable.function),
        },
      },
    },
  };
}

/** What an app makes itself. */
function makeObjects(schema: string): string {
  return `create table ${schema}.item (id serial primary key, note text);
    create table ${schema}.part (id int) partition by list (id);
    create table ${schema}.part1 partition of ${schema}.part for values in (1);
    create view ${schema}.shown as select note from ${schema}.item;
    create materialized view ${schema}.kept as select note from ${schema}.item;
    create sequence ${schema}.numbers;
    create function ${schema}.twice(int) returns int language sql as 'select 2 * $1';
    create function ${schema}.hidden() returns int language sql as 'select 1';
    revoke execute on function ${schema}.hidden() from public;
    create procedure ${schema}.tidy() language sql as 'select 1'`;
}

/** `app1`, `app2` and so on, each with objects of its own in each schema. */
export async function openVerifyBed(count: number): Promise<VerifyBed> {
  const bed = await DatabaseBed.open();
  await bed.sql("create role reports");
  for (const group of ["reports", "pg_read_all_data"]) {
    await bed.sql(`grant ${group} to coachlight_admin with admin option`);
  }
  const names = Array.from({ length: count }, (_, index) => `app${String(index + 1)}`);
  const entries = Object.fromEntries(names.map((name, index) => [name, makeEntry(index + 1)]));
  const toSpec = (some: Readonly<Record<string, object>>): StackSpec =>
    makeSpec(some, bed.postgres);
  const spec = toSpec(entries);
  const handler = await bed.provider();
  const made = new Map<string, StoredResource>();
  const create = async (name: string) => {
    const request = { urn: toUrn(name), inputs: inputsOf(name, entries[name]) };
    made.set(name, { ...request, ...(await handler.create({ ...request, preview: false })) });
  };
  for (const { name } of spec.apps) await create(name);
  await handler.close();
  for (const { database } of spec.apps) {
    for (const schema of ["public", ...database.schemas]) {
      await bed.sqlAs(database.name, database.name, makeObjects(schema));
    }
  }
  // As somebody may have left it who adopts it so.
  await bed.sql("revoke temporary on database app3 from public");
  const verifyAll = (checked: StackSpec): Promise<Verdict> => {
    const items = {
      admin: adminCredential,
      credential: ({ name }: { readonly name: string }) => new Credential(name, rolePassword(name)),
    };
    return verifyStack(checked, items, () => undefined);
  };
  const verify = (apps: readonly string[]) =>
    verifyAll({ ...spec, apps: spec.apps.filter(({ name }) => apps.includes(name)) });
  const verifyMore = (app: string, entry: object) => verifyAll(toSpec({ [app]: entry }));
  const find = (app: string): StoredResource => {
    const old = made.get(app);
    if (old === undefined) throw new Error(`no app ${app}`);
    return old;
  };
  const up = async (app: string) => await bed.up(find(app).inputs, find(app));
  const isShown = async (app: string): Promise<boolean> => {
    const paths = await bed.diff(find(app)).catch((error: unknown) => [String(error)]);
    return paths.length > 0;
  };
  return { bed, spec, verify, verifyMore, up, isShown };
}

/** What failed, or what was warned of, a line each. */
export function listChecks({ apps }: Verdict, which: "failed" | "warnings"): string[] {
  return apps.flatMap(({ app, checks }) =>
    checks
      .filter(({ ok, warning }) => (which === "failed" ? !ok : warning === true))
      .map(({ name, detail }) => `${app}: ${name}: ${detail}`),
  );
}
