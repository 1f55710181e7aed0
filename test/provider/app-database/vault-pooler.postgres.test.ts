import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runAsVault } from "../../../cli/verify/vault.ts";
import { toVaultStatements } from "../../../components/postgres/statements/vault-role.ts";
import { makeVerifier } from "../../../components/postgres/verifier.ts";
import { queryOnce } from "../../../dev/postgres/query.ts";
import { hasPgbouncer, type Pgbouncer, startPgbouncer } from "../../cli/rotate/pgbouncer.ts";
import { admin, DatabaseBed } from "./bed.ts";
import { toVaultApp, toVaultInputs } from "./vault-app.ts";

/** Logins that Vault makes, through a real pgbouncer that asks the server for each login's verifier. */

const password = "password-by-vault-0123456789";
const editor = { name: "credentials_editor", password: "editor-of-this-test" };

const app = toVaultApp("wiki", { searchPath: ["public"] });
const { creation, revocation } = toVaultStatements(app.roles[0]);

let bed: DatabaseBed;

beforeAll(async () => {
  if (!hasPgbouncer) return;
  bed = await DatabaseBed.open();
  await bed.up(toVaultInputs(app));
  await bed.sql(`create role ${editor.name} login createrole password '${editor.password}'`);
  const grant = `grant wiki_role to ${editor.name} with admin option`;
  await bed.sqlWith(admin, "postgres", grant);
});

afterAll(async () => {
  if (hasPgbouncer) await bed.close();
});

describe.runIf(hasPgbouncer).each(["transaction", "session"])("in %s mode", (mode) => {
  let pooler: Pgbouncer;

  beforeAll(async () => {
    // One connection to the server for each login, so that its clients share it.
    pooler = await startPgbouncer(bed, "wiki", [
      `pool_mode = ${mode}`,
      "default_pool_size = 1",
      // What a client waits for a login that is gone.
      "query_wait_timeout = 3",
    ]);
  });

  afterAll(async () => {
    await pooler.stop();
  });

  async function connect(user: string, word = password): Promise<Client> {
    const { port } = pooler;
    const client = new Client({ host: "127.0.0.1", port, database: "wiki", user, password: word });
    client.on("error", () => undefined);
    await client.connect();
    return client;
  }

  async function once<T extends object>(user: string, statement: string): Promise<T[]> {
    return await queryOnce<T>(await connect(user), statement);
  }

  /** Vault itself connects through the pooler, too. */
  async function asVault(statements: readonly string[], name: string): Promise<void> {
    const client = await connect(editor.name, editor.password);
    const expiration = new Date(Date.now() + 3_600_000).toISOString();
    const values = { name, password: makeVerifier(password, name), expiration };
    try {
      await runAsVault(client, statements, values);
    } finally {
      await client.end();
    }
  }

  const me = (user: string) =>
    once(user, "select session_user::text as login, current_user::text as me");

  it("a login that nobody has listed acts as the owner, for each client that gets its connection", async () => {
    const login = `v-${mode}-one`;
    await asVault(creation, login);
    for (const table of ["first", "second"]) {
      expect(await me(login)).toEqual([{ login, me: "wiki_role" }]);
      await once(login, `create table ${table}_${mode} (id int)`);
    }
    expect(await once(login, "show search_path")).toEqual([{ search_path: "public" }]);
    expect(
      await bed.sql(
        `select distinct tableowner from pg_tables where tablename like '%${mode}'`,
        "wiki",
      ),
    ).toEqual([{ tableowner: "wiki_role" }]);
    await asVault(revocation, login);
  });

  it("the end of a lease ends the login and its sessions, and the next login has what it made", async () => {
    const [one, two] = [`v-${mode}-two`, `v-${mode}-three`];
    await asVault(creation, one);
    const client = await connect(one);
    await client.query(`create table kept_${mode} as select 7 as id`);
    await asVault(creation, two);
    expect(await once(two, `select id from kept_${mode}`)).toEqual([{ id: 7 }]);
    await asVault(revocation, one);
    await expect(client.query("select 1")).rejects.toThrow();
    await client.end();
    await expect(once(one, "select 1")).rejects.toThrow();
    expect(await once(two, `select id from kept_${mode}`)).toEqual([{ id: 7 }]);
    await asVault(revocation, two);
    expect(await bed.sql("select rolname from pg_roles where rolname like 'v-%'")).toEqual([]);
  });

  it(
    mode === "session"
      ? "what a client does with SET ROLE ends with it"
      : "what a client does with SET ROLE stays for the next client, and with SET LOCAL ROLE it does not",
    async () => {
      const login = `v-${mode}-four`;
      await asVault(creation, login);
      await once(login, "begin; set local role none; commit");
      expect(await me(login)).toEqual([{ login, me: "wiki_role" }]);
      await once(login, "set role none");
      expect(await me(login)).toEqual([{ login, me: mode === "session" ? "wiki_role" : login }]);
      await asVault(revocation, login);
    },
  );
});
