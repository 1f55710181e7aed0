import { describe, expect, it } from "vitest";
import { Credential } from "../../../components/onepassword/credential.ts";
import { PartialFailure } from "../../../provider/rpc/resource-handler.ts";
import { inputsOf, toUrn } from "./bed.ts";
import { useBed } from "./use-bed.ts";

/** Access that came about by other ways than Berth's own, on a real Postgres. */

const ro = { roles: { ro: { profile: "readonly" } } };

describe("an app whose access others had a hand in", () => {
  const bed = useBed();

  it("takes back what the owner gives on what it makes in any schema, of its roles and of former ones", async () => {
    const made = await bed.up(inputsOf("stwo", ro));
    const give = "alter default privileges grant insert, select on tables to stwo_ro";
    await bed.sqlAs("stwo", "stwo", give);
    const found = await bed.refresh(made);
    expect(found?.state).toMatchObject({
      roles: { ro: { grants: { table: ["INSERT", "SELECT"] } } },
    });
    const after = await bed.up(made.inputs, found);
    await bed.sqlAs("stwo", "stwo", "create table t (id int)");
    await bed.sqlAs("stwo_ro", "stwo", "select from t");
    await expect(bed.sqlAs("stwo_ro", "stwo", "insert into t values (1)")).rejects.toThrow();
    bed.clearLog();
    expect((await bed.refresh(after))?.state).toEqual(made.state);
    await bed.sqlAs("stwo", "stwo", give);
    await bed.up(inputsOf("stwo"), after);
    expect(
      await bed.sql("select from pg_default_acl where defaclacl::text like '%stwo_ro%'", "stwo"),
    ).toEqual([]);
  });

  it("takes from a role that leaves together with a schema what it has there", async () => {
    const made = await bed.up(inputsOf("left", { ...ro, database: { schemas: ["billing"] } }));
    await bed.sqlAs("left", "left", "create table billing.t (id int)");
    await bed.sqlAs("left_ro", "left", "select from billing.t");
    const alone = await bed.up(inputsOf("left"), made);
    await bed.up(inputsOf("left", ro), alone);
    await expect(bed.sqlAs("left_ro", "left", "select from billing.t")).rejects.toThrow();
    expect(
      await bed.sql(
        `select defaclacl::text from pg_default_acl where defaclacl::text like '%left_ro%'
           and defaclnamespace = 'billing'::regnamespace
         union all select relacl::text from pg_class where relacl::text like '%left_ro%'
         union all select nspacl::text from pg_namespace
           where nspname = 'billing' and nspacl::text like '%left_ro%'`,
        "left",
      ),
    ).toEqual([]);
  });

  it("takes a role that is called PUBLIC for no other", async () => {
    const made = await bed.up(inputsOf("quoted"));
    await bed.sql('create role "PUBLIC"; grant connect on database quoted to "PUBLIC"');
    expect(await bed.diff(made)).toEqual([]);
    await bed.sql('revoke connect on database quoted from "PUBLIC"; drop role "PUBLIC"');
  });

  it("remembers such a schema over a run that stops halfway", async () => {
    const made = await bed.up(inputsOf("halfway", { ...ro, database: { schemas: ["billing"] } }));
    await bed.sqlAs("halfway", "halfway", "create table billing.t (id int)");
    const locking = await bed.connect("halfway");
    await locking.query("begin; lock table billing.t in access exclusive mode");
    const fewer = inputsOf("halfway");
    const failure = await bed.up(fewer, made).catch((error: unknown) => error);
    await locking.end();
    if (!(failure instanceof PartialFailure)) throw new Error("it went through");
    await bed.up(fewer, { ...made, inputs: fewer, state: failure.state });
    expect(
      await bed.sql("select from pg_class where relacl::text like '%halfway_ro%'", "halfway"),
    ).toEqual([]);
  });

  it("says with its statement what only a superuser can give in a schema public of somebody else", async () => {
    const made = await bed.up(inputsOf("sten", ro));
    await bed.sql("drop schema public cascade; create schema public", "sten");
    const found = await bed.refresh(made);
    expect(bed.reports.join("\n")).toContain('GRANT USAGE ON SCHEMA "public" TO "sten_ro";');
    const failure = await bed.up(made.inputs, found).catch((error: unknown) => error);
    expect(String(failure)).toContain('GRANT USAGE ON SCHEMA "public" TO "sten_ro";');
    if (!(failure instanceof PartialFailure)) throw new Error("nothing was done");
    await bed.sql('GRANT USAGE ON SCHEMA "public" TO "sten_ro"', "sten");
    const whole = await bed.up(made.inputs, { ...made, state: failure.state });
    bed.clearLog();
    expect(await bed.diff(whole)).toEqual([]);
    expect((await bed.refresh(whole))?.state).toEqual(made.state);
    expect(bed.writes()).toEqual([]);
  });

  it("goes on without a schema public that was dropped, and says so", async () => {
    const made = await bed.up(inputsOf("gone", { ...ro, database: { schemas: ["app"] } }));
    await bed.sql("drop schema public", "gone");
    await bed.sql("revoke usage on schema app from gone_ro", "gone");
    const found = await bed.refresh(made);
    bed.reports.length = 0;
    const after = await bed.up(made.inputs, found);
    expect(bed.reports.join("\n")).toContain("in database gone there is no schema public");
    await bed.sqlAs("gone", "gone", "create table app.t (id int)");
    await bed.sqlAs("gone_ro", "gone", "select from app.t");
    expect((await bed.refresh(after))?.state).toEqual(made.state);
  });

  it("takes an admin that made the stack's mark for none of its own roles, and changes nothing about it", async () => {
    await bed.up(inputsOf("first"));
    await bed.sql("create role next_admin superuser login password 'password-of-next-admin'");
    bed.admins.set("next", new Credential("next_admin", "password-of-next-admin"));
    const handler = await bed.provider({ username: "next_admin", adminItem: "Coachlight/next" });
    const roles = { ro: { profile: "readonly", name: "coachlight_admin" } };
    const creating = handler.create({
      urn: toUrn("y"),
      inputs: inputsOf("second", { roles }),
      preview: false,
    });
    await expect(creating).rejects.toThrow(/role "coachlight_admin" exists/);
    await handler.close();
    expect(
      await bed.sql(
        "select rolcreaterole and rolcreatedb as able from pg_roles where rolname = 'coachlight_admin'",
      ),
    ).toEqual([{ able: true }]);
  });

  it("names what others gave its roles with what takes it back, and takes nothing itself", async () => {
    const made = await bed.up(inputsOf("sone", ro));
    await bed.sqlAs(
      ...(["sone", "sone"] as const),
      `create table t (id int, "a b" text);
       grant connect on database sone to paperless with grant option;
       grant insert, select on t to paperless with grant option;
       grant update ("a b") on t to paperless with grant option;
       grant create on schema public to paperless with grant option;
       grant insert on t to sone_ro`,
    );
    await bed.sql(
      `set role paperless; grant connect on database sone to public; grant create on schema public to public;
       grant insert, select on t to sone_ro; grant update ("a b") on t to sone_ro`,
      "sone",
    );
    const help = `SET ROLE "paperless"; REVOKE CONNECT ON DATABASE "sone" FROM PUBLIC; REVOKE INSERT ON TABLE "public"."t" FROM "sone_ro"; REVOKE UPDATE ("a b") ON TABLE "public"."t" FROM "sone_ro"; RESET ROLE;`;
    const close = `SET ROLE "paperless"; REVOKE CREATE ON SCHEMA public FROM PUBLIC; RESET ROLE;`;
    const readAcl = () =>
      bed.sql(
        `select relacl::text as acl, array(select attacl::text from pg_attribute
           where attrelid = 't'::regclass and attacl is not null) as columns from pg_class where relname = 't'`,
        "sone",
      );
    const found = await bed.refresh(made);
    const failure = await bed.up(made.inputs, found).catch((error: unknown) => error);
    expect(bed.reports.join("\n")).toContain(help);
    expect(bed.reports.join("\n")).toContain(`only a superuser can end that: ${close}`);
    expect(String(failure)).toContain(`as a superuser, in database sone: ${help}`);
    if (!(failure instanceof PartialFailure)) throw new Error("nothing was done");
    expect(await readAcl()).toEqual([
      {
        acl: "{sone=arwdDxtm/sone,sone_ro=r/sone,paperless=a*r*/sone,sone_ro=ar/paperless}",
        columns: ["{paperless=w*/sone,sone_ro=w/paperless}"],
      },
    ]);
    await bed.sql(`${help} ${close}`, "sone");
    bed.reports.length = 0;
    const whole = await bed.up(made.inputs, { ...made, state: failure.state });
    expect(bed.reports).toEqual([]);
    expect((await bed.refresh(whole))?.state).toEqual(made.state);
    expect(await readAcl()).toEqual([
      {
        acl: "{sone=arwdDxtm/sone,sone_ro=r/sone,paperless=a*r*/sone,sone_ro=r/paperless}",
        columns: ["{paperless=w*/sone}"],
      },
    ]);
  });
});
