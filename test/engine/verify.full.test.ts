import { beforeAll, describe, expect, it } from "vitest";
import { type Verdict, verifyStack } from "../../cli/verify/verb.ts";
import { loadStackFromFile } from "../../components/config/load.ts";
import { readStackItems } from "../../components/onepassword/stack-items.ts";
import { readThroughClient } from "../../components/onepassword/through-client.ts";
import { projectFolder } from "../../components/project-folder.ts";
import { useBed } from "./use-bed.ts";

/** Each promise is broken by hand, one at a time: `verify` must see it and name what is wrong. */

const bed = useBed();

beforeAll(async () => {
  bed.configure((config) => {
    const apps = config["berth:apps"] as Record<string, Record<string, unknown>>;
    Object.assign(apps["basketball"] ?? {}, {
      database: { schemas: ["billing"], extensions: ["pg_trgm"] },
      roles: {
        admin: {
          profile: "readwrite",
          name: "admin_app",
          namespace: "westside-admin",
          privileges: { database: ["TEMPORARY"], tables: ["TRIGGER"], functions: ["EXECUTE"] },
        },
      },
    });
  });
  expect((await bed.up()).exitCode).toBe(0);
  const owner = bed.login("basketball-db-credentials");
  await bed.sqlAs(owner, "basketball", "create table player (id serial primary key, name text)");
  const total = `create function billing.total(int) returns int language sql as 'select 1';
     revoke execute on function billing.total(int) from public`;
  await bed.sqlAs(owner, "basketball", total);
});

async function verify(): Promise<Verdict> {
  const spec = loadStackFromFile("dev", projectFolder, bed.sandbox.stackFile);
  const { OP_CONNECT_HOST: url = "", OP_CONNECT_TOKEN: token = "" } = bed.sandbox.env;
  const items = await readStackItems(spec, readThroughClient({ kind: "connect", url, token }));
  return await verifyStack(spec, items, () => undefined);
}

function failures(verdict: Verdict): string[] {
  return verdict.apps.flatMap(({ app, checks }) =>
    checks.filter((check) => !check.ok).map((check) => `${app}: ${check.name}: ${check.detail}`),
  );
}

/** What is broken, the statement that breaks it, the one that repairs it, and what verify must say. */
const mutations: readonly {
  readonly name: string;
  readonly database: string;
  readonly broken: string;
  readonly repaired: string;
  readonly says: RegExp;
}[] = [
  {
    name: "a table grant",
    database: "basketball",
    broken: "revoke delete on player from admin_app",
    repaired: "grant delete on player to admin_app",
    says: /admin_app: privileges in basketball: has no DELETE on table player in basketball/,
  },
  {
    name: "a sequence grant",
    database: "basketball",
    broken: "revoke usage on sequence player_id_seq from admin_app",
    repaired: "grant usage on sequence player_id_seq to admin_app",
    says: /admin_app: .*has no USAGE on sequence player_id_seq in basketball/,
  },
  {
    name: "a privilege too many",
    database: "basketball",
    broken: "grant truncate on player to admin_app",
    repaired: "revoke truncate on player from admin_app",
    says: /admin_app: .*has TRUNCATE on table player in basketball/,
  },
  {
    name: "the schema grant",
    database: "basketball",
    broken: "revoke usage on schema public from public, admin_app",
    repaired: "grant usage on schema public to public, admin_app",
    says: /admin_app: .*has no USAGE on schema public in basketball/,
  },
  {
    name: "DDL",
    database: "basketball",
    broken: "grant create on schema public to admin_app",
    repaired: "revoke create on schema public from admin_app",
    says: /admin_app: cannot create a table: CREATE on schema public in basketball: it was not refused/,
  },
  {
    name: "default privileges on tables",
    database: "basketball",
    broken:
      "alter default privileges for role basketball in schema public revoke update on tables from admin_app",
    repaired:
      "alter default privileges for role basketball in schema public grant update on tables to admin_app",
    says: /admin_app: .*has no UPDATE on table berth_verify_\w+ in basketball/,
  },
  {
    name: "a default privilege of the role's own",
    database: "basketball",
    broken:
      "alter default privileges for role basketball in schema billing revoke trigger on tables from admin_app",
    repaired:
      "alter default privileges for role basketball in schema billing grant trigger on tables to admin_app",
    says: /admin_app: can use what the owner creates in billing: TRIGGER in basketball: permission denied/,
  },
  {
    name: "a default privilege too many",
    database: "basketball",
    broken:
      "alter default privileges for role basketball in schema public grant truncate on tables to admin_app",
    repaired:
      "alter default privileges for role basketball in schema public revoke truncate on tables from admin_app",
    says: /admin_app: cannot do anything else with it in public: TRUNCATE in basketball: it was not refused/,
  },
  {
    name: "default privileges on functions",
    database: "basketball",
    broken:
      "alter default privileges for role basketball in schema billing revoke execute on functions from admin_app",
    repaired:
      "alter default privileges for role basketball in schema billing grant execute on functions to admin_app",
    says: /admin_app: can use what the owner creates in billing: EXECUTE in basketball: permission denied/,
  },
  {
    name: "a function's grant",
    database: "basketball",
    broken: "revoke execute on function billing.total from admin_app",
    repaired: "grant execute on function billing.total to admin_app",
    says: /admin_app: .*has no EXECUTE on function billing.total\(integer\) in basketball/,
  },
  {
    name: "the grant on a further schema",
    database: "basketball",
    broken: "revoke usage on schema billing from admin_app",
    repaired: "grant usage on schema billing to admin_app",
    says: /admin_app: .*has no USAGE on schema billing in basketball/,
  },
  {
    name: "the owner of a further schema",
    database: "basketball",
    broken: "alter schema billing owner to postgres",
    repaired: "alter schema billing owner to basketball",
    says: /basketball: schemas and extensions: .*schema "billing".* belongs to role "postgres"/,
  },
  {
    name: "an extension",
    database: "basketball",
    broken: "drop extension pg_trgm",
    repaired: "create extension pg_trgm schema public",
    says: /basketball: schemas and extensions: not yet: extension pg_trgm/,
  },
  {
    name: "TEMPORARY, which the role was given",
    database: "postgres",
    broken: "revoke temporary on database basketball from admin_app",
    repaired: "grant temporary on database basketball to admin_app",
    says: /admin_app: can create what its entry grants in basketball: TEMPORARY in basketball: permission denied/,
  },
  {
    name: "CREATE on the database",
    database: "postgres",
    broken: "grant create on database basketball to admin_app",
    repaired: "revoke create on database basketball from admin_app",
    says: /admin_app: cannot create anything else in basketball: CREATE \(a schema\) in basketball: it was not refused/,
  },
  {
    name: "default privileges on sequences",
    database: "basketball",
    broken:
      "alter default privileges for role basketball in schema public revoke select on sequences from admin_app",
    repaired:
      "alter default privileges for role basketball in schema public grant select on sequences to admin_app",
    says: /admin_app: .*has no SELECT on sequence berth_verify_\w+ in basketball/,
  },
  {
    name: "CONNECT of its own database",
    database: "postgres",
    broken: "revoke connect on database basketball from admin_app",
    repaired: "grant connect on database basketball to admin_app",
    says: /admin_app: can log in to basketball: /,
  },
  {
    name: "the revoke from PUBLIC",
    database: "postgres",
    broken: "grant connect on database netbox to public",
    repaired: "revoke connect on database netbox from public",
    says: /netbox: PUBLIC: has no privileges on netbox: PUBLIC has CONNECT on database netbox/,
  },
  {
    name: "a way into another app's database",
    database: "postgres",
    broken: "grant connect on database netbox to admin_app",
    repaired: "revoke connect on database netbox from admin_app",
    says: /admin_app: cannot connect to other apps' databases: it has CONNECT on netbox/,
  },
  {
    name: "an attribute",
    database: "postgres",
    broken: "alter role netbox createdb",
    repaired: "alter role netbox nocreatedb",
    says: /netbox: is not a superuser: it has CREATEDB/,
  },
  {
    name: "a connection limit",
    database: "postgres",
    broken: "alter role netbox connection limit 3",
    repaired: "alter role netbox connection limit -1",
    says: /netbox: .*connection limit 3 instead of -1/,
  },
  {
    name: "the login",
    database: "postgres",
    broken: "alter role netbox nologin",
    repaired: "alter role netbox login",
    says: /netbox: can log in to netbox: /,
  },
  {
    name: "a membership",
    database: "postgres",
    broken: "grant pg_read_all_data to admin_app",
    repaired: "revoke pg_read_all_data from admin_app",
    says: /admin_app: memberships: it is a member of pg_read_all_data/,
  },
  {
    name: "a privilege on a neighbour",
    database: "postgres",
    broken: "grant create on database paperless to netbox",
    repaired: "revoke create on database paperless from netbox",
    says: /netbox: neighbours untouched: database paperless: netbox has CREATE/,
  },
];

describe("verify", () => {
  it("finds nothing wrong with a healthy stack", async () => {
    expect(failures(await verify())).toEqual([]);
  });

  it.each(mutations)("sees that $name is broken", async ({ database, broken, repaired, says }) => {
    await bed.sql(broken, database);
    const found = failures(await verify());
    await bed.sql(repaired, database);
    expect(found.join("\n")).toMatch(says);
  });

  it("finds nothing wrong once everything is repaired", async () => {
    expect(failures(await verify())).toEqual([]);
  });

  it("leaves nothing behind", async () => {
    const left = "select relname from pg_class where relname like 'berth_verify%'";
    expect(await bed.sql(left, "basketball")).toEqual([]);
    expect(await bed.sql(left, "netbox")).toEqual([]);
  });
});
