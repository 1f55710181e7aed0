import { expect, it } from "vitest";
import type { StoredResource } from "../../../provider/rpc/resource-handler.ts";
import { inputsOf } from "./bed.ts";
import { useBed } from "./use-bed.ts";

/** Another owner for an app's database: the error says how, and after that `up` goes on. */

const bed = useBed();

async function refuse(app: string, entry: Record<string, unknown>, made?: StoredResource) {
  const error: unknown = await bed.up(inputsOf(app, entry), made).catch((one: unknown) => one);
  if (!(error instanceof Error)) throw new Error("it was not refused");
  return error.message;
}

it("is refused with the statements that change it, and after these up adopts the new owner", async () => {
  const entry = (owner: string) => ({
    owner: { name: owner },
    roles: { ro: { profile: "readonly" } },
  });
  const made = await bed.up(inputsOf("docs", entry("docs")));
  await bed.sqlAs(
    "docs",
    "docs",
    "create table page (id int); create view shown as select * from page",
  );
  const failure = await refuse("docs", entry("docs owner"), made);
  const [, statements = ""] =
    /run as a superuser, in database docs: (.*) then set berth:apps\.docs\.adopt to true/.exec(
      failure,
    ) ?? [];
  expect(statements).toBe(
    'CREATE ROLE "docs owner" LOGIN; GRANT "docs owner" TO "coachlight_admin" WITH ADMIN TRUE, INHERIT TRUE, SET TRUE; ' +
      'ALTER DATABASE "docs" OWNER TO "docs owner"; REASSIGN OWNED BY "docs" TO "docs owner";',
  );
  await bed.sql(statements, "docs");
  const inputs = inputsOf("docs", { ...entry("docs owner"), adopt: true });
  const after = await bed.up(inputs, made);
  expect((await bed.refresh(after))?.state).toEqual(after.state);
  await bed.sqlAs(
    "docs owner",
    "docs",
    "alter table page add column note text; create table more (id int)",
  );
  await bed.sqlAs("docs_ro", "docs", "select from page; select from shown; select from more");
  const [former] = await bed.sql("select rolcanlogin as able from pg_roles where rolname = 'docs'");
  expect(former).toEqual({ able: false });
});

it("of a superuser or of a role with two databases is left to adopt, which names single objects", async () => {
  await bed.sql("create database owned");
  await bed.sql("create role two login");
  await bed.sql("create database twoa owner two");
  await bed.sql("create database twob owner two");
  for (const name of ["owned", "twoa"]) {
    const failure = await refuse(name, {});
    expect(failure).toContain(
      `to make "${name}" its owner, run npm run adopt -- ${name}, which prints the statements for that`,
    );
    expect(failure).not.toContain("REASSIGN OWNED");
  }
});
