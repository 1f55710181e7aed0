import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { describeCheck } from "../../../cli/verify/check.ts";
import type { StoredResource } from "../../../provider/rpc/resource-handler.ts";
import { type DatabaseBed, inputsOf } from "../../provider/app-database/bed.ts";
import { followFix } from "../../provider/app-database/fixes/follow.ts";
import { openVerifyBed, type VerifyBed } from "./bed.ts";

/** What has nothing to do with privileges: `verify` neither mistakes it for one nor keeps quiet of it. */

let bed: DatabaseBed;
let verify: VerifyBed["verify"];
let verifyMore: VerifyBed["verifyMore"];

beforeAll(async () => {
  ({ bed, verify, verifyMore } = await openVerifyBed(3));
}, 300_000);

afterAll(async () => {
  await bed.close();
});

async function failed(...apps: readonly string[]): Promise<string[]> {
  const checks = (await verify(apps)).apps.flatMap(({ app, checks: all }) =>
    all.map((check) => ({ app, ...check })),
  );
  return checks
    .filter(({ ok }) => !ok)
    .map(({ app, name, detail, fix = "" }) => `${app}: ${name}: ${detail}; ${fix}`);
}

describe("verify", () => {
  it("warns of what the entry does not state, with the statement that ends it", async () => {
    const warnings = async () =>
      (await verify(["app1", "app2"])).apps
        .flatMap(({ checks }) => checks)
        .filter(({ name, warning }) => warning && name.includes("holds only what the entry states"))
        .map(({ detail, fix = "" }) => `${detail}\n${fix}`)
        .join("\n");
    expect(await warnings()).toBe("");
    await bed.sql(
      `create table theirs (id int); create role visitor; grant app1 to visitor;
       grant select on item to app1_ro with grant option`,
      "app1",
    );
    await bed.sqlAs("app2", "app2", "create schema tenant");
    expect((await failed("app1", "app2")).join()).not.toMatch(/visitor|tenant|GRANT OPTION/);
    const found = await warnings();
    const statements = [
      'ALTER TABLE public.theirs OWNER TO "app1";',
      'REVOKE "app1" FROM "visitor" GRANTED BY "postgres"',
      'REVOKE GRANT OPTION FOR SELECT ON TABLE "public"."item" FROM "app1_ro";',
    ];
    for (const statement of statements) expect(found).toContain(statement);
    expect(found).toContain('role "app2" has made schema "tenant" in database "app2"');
    for (const statement of statements) await bed.sql(statement, "app1");
    await bed.sqlAs("app2", "app2", "drop schema tenant");
    await bed.sqlAs("app1", "app1", "drop table theirs");
    expect(await warnings()).toBe("");
    expect(await failed("app1", "app2")).toEqual([]);
  });

  it("says whose a schema is that is not the owner's", async () => {
    await bed.sql("alter schema billing owner to postgres", "app2");
    const found = await failed("app2");
    await bed.sql("alter schema billing owner to app2", "app2");
    expect(found.join()).toMatch(
      /app2: app2: schemas and extensions: .*schema "billing".* belongs to role "postgres"/,
    );
  });

  it("says who cannot log in", async () => {
    await bed.sql("revoke connect on database app2 from app2_ro; alter role app2_rw nologin");
    const found = (await failed("app2")).join("\n");
    await bed.sql("grant connect on database app2 to app2_ro; alter role app2_rw login");
    for (const role of ["app2_ro", "app2_rw"])
      expect(found).toContain(`${role}: can log in to app2: `);
    expect(await failed("app2")).toEqual([]);
  });

  it("says whose password expires", async () => {
    await bed.sql("alter role app2_ro valid until '2999-01-01'");
    const found = await failed("app2");
    await bed.sql("alter role app2_ro valid until 'infinity'");
    expect(found.join()).toContain("app2_ro");
    expect(found.join()).toContain("a password that expires (VALID UNTIL)");
  });

  it("takes read-only transactions for no missing privilege", async () => {
    const roles = ["app2", "app2_rw", "app2_ro"];
    for (const role of roles)
      await bed.sql(`alter role ${role} set default_transaction_read_only = on`);
    const found = await failed("app2");
    for (const role of roles)
      await bed.sql(`alter role ${role} reset default_transaction_read_only`);
    expect(found).toEqual([]);
  });

  it("says what pulumi up has not made yet", async () => {
    await bed.sql("alter role app2_ro rename to gone");
    await bed.sql("alter database app3 rename to gone3");
    const found = await failed("app2", "app3");
    await bed.sql("alter role gone rename to app2_ro");
    await bed.sql("alter database gone3 rename to app3");
    const [role, database, ...others] = found.toSorted();
    expect(role).toContain('role "app2_ro" is not on the server yet');
    expect(database).toContain('database "app3" is not on the server yet');
    expect(others).toEqual([]);
  });

  it("says whose connection limit kept it out", async () => {
    await bed.sql("alter role app2_ro connection limit 0; alter database app1 connection limit 0");
    const found = (await failed("app1", "app2")).join("\n");
    await bed.sql(
      "alter role app2_ro connection limit -1; alter database app1 connection limit -1",
    );
    expect(found).toContain(
      'role "app2_ro" has as many sessions as its own connection limit allows',
    );
    expect(found).toContain(
      'database "app1" has as many sessions as its own connection limit allows',
    );
  });

  it("alters a function of an extension that the entry gives to the owner", async () => {
    const entry = { database: { extensions: [{ name: "unaccent", functions: "owner" }] } };
    const up = (stored?: StoredResource) => bed.up(inputsOf("accents", entry), stored);
    /** Follows what `pulumi up` says, because this admin is no superuser. */
    const upWithSuperuser = async (stored?: StoredResource) => {
      await expect(up(stored)).rejects.toThrow("in database accents: DO");
      await followFix(bed, /fix: (.*: DO .*);$/m.exec(bed.said.at(-1) ?? "")?.[1] ?? "");
      return await up(stored);
    };
    const look = async () => {
      const checks = (await verifyMore("accents", entry)).apps.flatMap((app) => app.checks);
      return checks.filter(({ name }) => name.includes("the functions of extension"));
    };
    const made = await upWithSuperuser();
    const name = "accents: can alter the functions of extension unaccent";
    expect(await look()).toEqual([
      { name, ok: true, detail: "public.unaccent(regdictionary,text)" },
    ]);
    const alter = (to: string) => bed.sql(`alter function ${to}`, "accents");
    await alter("unaccent(text) owner to postgres");
    const [broken] = await look();
    expect(broken).toMatchObject({ name, ok: false, fix: "run pulumi up" });
    expect(broken?.detail).toMatch(
      /^public\.unaccent\(text\) in accents: must be owner of .* \(SQLSTATE 42501\)$/,
    );
    await upWithSuperuser(made);
    expect((await look()).map(({ ok }) => ok)).toEqual([true]);
    // What somebody gave to a third role stays there.
    await alter("unaccent(regdictionary, text) owner to reports");
    expect((await look()).map(({ ok }) => ok)).toEqual([true]);
  });

  it("says what it could not take away, and takes it away an hour later", async () => {
    const probes = () =>
      bed.sql<{ name: string }>(
        "select relname as name from pg_class where relname ~ '^berth_verify_[0-9a-f]{12}$'",
        "app1",
      );
    await bed.sql(
      `create function hold() returns event_trigger language plpgsql as
        'begin raise exception $$the table is in use$$; end';
      create event trigger hold on sql_drop when tag in ('DROP TABLE') execute function hold()`,
      "app1",
    );
    const verdict = await verify(["app1"]);
    const checks = verdict.apps.flatMap((app) => app.checks);
    const found = checks.map(describeCheck).join("\n");
    await bed.sql("drop event trigger hold; drop function hold()", "app1");
    const [left] = await probes();
    const { name = "" } = left ?? {};
    expect(found).toMatch(/app1: verify drops what it created: .*the table is in use\n/);
    expect(found).toContain(
      `as app1, in database app1: drop function if exists "public"."${name}"(); drop table`,
    );
    expect(await failed("app1")).toEqual([]);
    expect(await probes()).toEqual([{ name }]);

    const old = "berth_verify_5f0000000000";
    const rename = (what: string) => bed.sql(`alter ${what} rename to ${old}`, "app1");
    await rename(`table ${name}`);
    await rename(`function ${name}()`);
    // Named alike, and of nobody's making but the app's.
    const own = "berth_verify_5f0000000001";
    await bed.sqlAs("app1", "app1", `create table ${own} (id int)`);
    expect(await failed("app1")).toEqual([]);
    expect(await probes()).toEqual([{ name: own }]);
    await bed.sqlAs("app1", "app1", `drop table ${own}`);
  });
});
