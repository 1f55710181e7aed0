import { beforeAll, expect, it } from "vitest";
import { admin, inputsOf, inputsOfApp } from "./bed.ts";
import { failuresOf, toSpec } from "./servers.ts";
import { useBed } from "./use-bed.ts";

/** A role is in the groups that its entry states, and in no other; for an admin that is not a superuser. */

const bed = useBed();

beforeAll(async () => {
  await bed.up(inputsOf("shop", { roles: { bi: { profile: "readonly" } } }));
  await bed.sql("create role staff");
});

const reader = (memberOf: readonly string[]) => ({
  roles: { ro: { profile: "readonly", memberOf } },
});

async function groupsOf(role: string): Promise<unknown[]> {
  const rows = await bed.sql<{ name: string }>(
    `select roleid::regrole::text as name from pg_auth_members where member = '${role}'::regrole order by 1`,
  );
  return rows.map(({ name }) => name);
}

it("a membership that somebody gave by hand is shown as drift, and taken back", async () => {
  const made = await bed.up(inputsOf("wiki", reader([])));
  await bed.sql("grant shop_bi to wiki_ro granted by coachlight_admin");
  expect(await bed.diff(made)).toEqual(["roles.ro.memberOf"]);
  await bed.up(made.inputs, made);
  expect(await groupsOf("wiki_ro")).toEqual(["berth_prod"]);
  expect(await bed.diff(made)).toEqual([]);
});

it("a reader of another app's database joins the role there, and reads what that role reads", async () => {
  await bed.sqlAs("shop", "shop", "create table orders (id int); insert into orders values (7)");
  const made = await bed.up(inputsOf("crm", reader(["shop_bi"])));
  expect(await bed.sqlAs("crm_ro", "shop", "select id from orders")).toEqual([{ id: 7 }]);
  expect(await bed.diff(made)).toEqual([]);
});

it("roles of one app may be members of each other, whatever their keys", async () => {
  const roles = { a: { profile: "readonly", memberOf: ["blog_b"] }, b: { profile: "readwrite" } };
  await bed.up(inputsOf("blog", { owner: { memberOf: ["blog_b"] }, roles }));
  expect(await groupsOf("blog_a")).toEqual(["berth_prod", "blog_b"]);
  expect(await groupsOf("blog")).toEqual(["berth_prod", "blog_b"]);
});

it("a role that the admin may not give is refused with the statement that lets it", async () => {
  const inputs = inputsOf("exporter", reader(["pg_monitor", "staff"]));
  const error = await bed.up(inputs).then(() => "", String);
  const grants = [...error.matchAll(/as a superuser run: (.*)/g)];
  expect(grants).toHaveLength(2);
  expect(await bed.sql("select from pg_roles where rolname = 'exporter'")).toEqual([]);
  for (const [, grant = ""] of grants) await bed.sql(grant);
  const made = await bed.up(inputs);
  expect(await groupsOf("exporter_ro")).toEqual(["berth_prod", "pg_monitor", "staff"]);
  expect(await bed.diff(made)).toEqual([]);
});

it("a group that nobody has made is refused, unless another app of the program makes it", async () => {
  const inputs = inputsOf("later", reader(["rds_iam", "next_ro"]));
  const preview = (places: Record<string, unknown>) =>
    bed.preview(inputs, undefined, places).then(() => "", String);
  const next = { next: { database: "next", roles: ["next", "next_ro"] } };
  const found = await preview(next);
  expect(found).toContain('"later_ro" cannot become a member of "rds_iam": there is no such role');
  expect(found).not.toContain("next_ro");
  expect(await preview({})).toContain('a member of "next_ro": there is no such role');
  const [, make = ""] = /as an admin run: (CREATE ROLE .*)/.exec(found) ?? [];
  expect(make).toBe('CREATE ROLE "rds_iam"');
  await bed.sqlWith(admin, "postgres", make);
  expect(await preview(next)).toBe("");
  expect(await bed.up(inputs).catch(String)).toContain('"next_ro": there is no such role');
});

it("a superuser is no group, not even for an admin that is a superuser", async () => {
  await bed.sql("create role boss superuser");
  const found = await bed.up(inputsOf("minion", reader(["boss"]))).catch(String);
  expect(found).toContain('"minion_ro" cannot become a member of "boss": that is a superuser');
});

it("an owner that is a member of another app's owner works in both databases, and verify accepts it", async () => {
  const entries = {
    bazarr: { database: { name: "bazarr_main" }, owner: { memberOf: ["bazarr_log"] } },
    "bazarr-log": {},
  };
  const spec = toSpec(bed, entries);
  expect(spec.apps.map(({ name }) => name)).toEqual(["bazarr-log", "bazarr"]);
  for (const app of spec.apps) await bed.up(inputsOfApp(app));
  for (const database of ["bazarr_main", "bazarr_log"]) {
    await bed.sqlAs("bazarr", database, "create table made_by_bazarr (id int)");
  }
  expect(await failuresOf(bed, entries)).toEqual([]);
});
