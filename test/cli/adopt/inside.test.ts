import { describe, expect, test } from "vitest";
import type { Inside } from "../../../cli/adopt/facts.ts";
import { noAccess } from "../../../components/postgres/catalog/access.ts";
import { liveDatabase, liveRole } from "../../fakes/catalog.ts";
import { owning, propose } from "./proposal.ts";

describe("what is inside", () => {
  const database = liveDatabase("wiki", "wiki", {
    privileges: ["PUBLIC=CONNECT", "wiki=CONNECT", "wiki_job=CONNECT", "wiki_job=TEMPORARY"],
  });
  const roles = [owning("wiki"), liveRole("wiki_job")];
  const schema = (name: string, owner: string, ...privileges: readonly string[]) =>
    ({ type: "schema", schema: name, name, owner, privileges }) as const;
  const table = (where: string, name: string, ...privileges: readonly string[]) =>
    ({ type: "table", schema: where, name, owner: "wiki", privileges }) as const;
  const onLater = (type: "table" | "sequence" | "function", ...privileges: readonly string[]) =>
    ({ type, schema: "public", owner: "wiki", privileges }) as const;
  const extension = (name: string, home: string) => ({
    spec: { name, schema: home },
    live: {
      name,
      isWanted: true,
      isAvailable: true,
      hasVersion: true,
      isTrusted: false,
      needsSuperuser: true,
      fixedSchema: null,
      schema: home,
      keepsFunctions: false,
      requires: [],
      belongsToOther: true,
      installedVersion: "1.0",
      installedSchema: home,
    },
  });
  const inside = (
    access: Partial<Inside["access"]>,
    extensions: readonly ReturnType<typeof extension>[] = [],
  ): Inside => ({
    access: { ...noAccess, ...access, extensions: extensions.map(({ live }) => live) },
    extensions: extensions.map(({ spec }) => spec),
    extras: [
      { kind: "schema", name: "billing", count: 1 },
      { kind: "schema", name: "theirs", count: 1 },
      { kind: "extension", name: "hstore", count: 1 },
      { kind: "extension", name: "pg_trgm", count: 1 },
    ],
    objects: [],
  });
  const open = schema("public", "pg_database_owner", "public=USAGE", "wiki_job=USAGE");
  const entryOf = (found: Inside) =>
    propose(roles, [database], { insides: { wiki: found } }).entries["wiki"];

  test("is in the entry where the owner has it: schemas, and extensions in their order", () => {
    const access = { objects: [open, schema("billing", "wiki"), schema("theirs", "postgres")] };
    const found = propose(roles.slice(0, 1), [database], {
      insides: {
        wiki: inside(access, [
          extension("pg_trgm", "public"),
          extension("hstore", "billing"),
          extension("citext", "theirs"),
        ]),
      },
    });
    expect(found.entries["wiki"]).toEqual({
      adopt: true,
      database: {
        schemas: ["billing"],
        extensions: ["pg_trgm", { name: "hstore", schema: "billing" }],
      },
    });
    expect(found.kept["wiki"]).toEqual(['schema "theirs"']);
  });

  test("is given to a role type by type, on top of the profile that it has", () => {
    const writes = ["SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE"].map(
      (one) => `wiki_job=${one}`,
    );
    const access = {
      objects: [open, table("public", "page", ...writes)],
      defaults: [
        onLater("table", ...writes),
        onLater("sequence", "wiki_job=SELECT", "wiki_job=USAGE"),
        onLater("function", "wiki_job=EXECUTE"),
      ],
    };
    expect(entryOf(inside(access))).toEqual({
      adopt: true,
      roles: {
        job: {
          profile: "readwrite",
          privileges: { database: ["TEMPORARY"], tables: ["TRUNCATE"], functions: ["EXECUTE"] },
        },
      },
    });
  });

  test("is given to a role without a profile where it has less than one", () => {
    const access = {
      objects: [open, table("public", "page", "wiki_job=INSERT")],
      defaults: [onLater("table", "wiki_job=INSERT")],
    };
    expect(entryOf(inside(access))).toEqual({
      adopt: true,
      roles: { job: { privileges: { database: ["TEMPORARY"], tables: ["INSERT"] } } },
    });
  });

  test("is guessed for a role that was given only what was there, without a look at what is not", () => {
    const writes = ["SELECT", "INSERT", "UPDATE", "DELETE"].map((one) => `wiki_job=${one}`);
    const seen = (...objects: readonly ReturnType<typeof table>[]) =>
      entryOf(inside({ objects: [open, ...objects] }))?.roles?.["job"];
    const temporary = { database: ["TEMPORARY"] };
    expect(seen(table("public", "page", "wiki_job=SELECT"))).toEqual({
      profile: "readonly",
      privileges: temporary,
    });
    expect(seen(table("public", "page", ...writes))).toEqual({
      profile: "readwrite",
      privileges: temporary,
    });
    expect(seen(table("public", "page", "wiki_job=INSERT"))).toEqual({
      privileges: { ...temporary, tables: ["INSERT"] },
    });
    expect(
      seen(table("public", "page", "wiki_job=SELECT"), table("public", "secret")),
    ).toBeUndefined();
  });

  test("is not guessed where the role would get into a schema that is closed to PUBLIC", () => {
    const closed = schema("public", "pg_database_owner");
    const objects = [closed, table("public", "page", "wiki_job=SELECT")];
    expect(entryOf(inside({ objects }))?.roles).toBeUndefined();
  });

  test("stays outside where a role of the entry would reach further with it", () => {
    const access = { objects: [open, schema("billing", "wiki")] };
    expect(entryOf(inside(access))).toEqual({
      adopt: true,
      roles: { job: { privileges: { database: ["TEMPORARY"] } } },
    });
  });

  test.each([
    [
      "makes objects of its own",
      [{ ...open, privileges: [...open.privileges, "wiki_job=CREATE"] }],
      /schemas.*CREATE/,
    ],
    [
      "reaches one table of two",
      [open, table("public", "page", "wiki_job=SELECT"), table("public", "secret")],
      /role wiki_job gets SELECT on table public\.secret/,
    ],
  ])("leaves a role alone that %s, and says why", (_, objects, reason) => {
    const found = propose(roles, [database], { insides: { wiki: inside({ objects }) } });
    expect(found.entries["wiki"]).toEqual({ adopt: true });
    expect(found.leftAlone[0]).toMatch(/^role wiki_job: an entry cannot express .*; /);
    expect(found.leftAlone[0]).toMatch(reason);
  });
});
