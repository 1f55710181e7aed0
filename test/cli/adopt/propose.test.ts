import { describe, expect, test } from "vitest";
import { proposeApps } from "../../../cli/adopt/propose.ts";
import type { Inside, ServerSurvey } from "../../../cli/adopt/survey.ts";
import type { LiveDatabase, LiveRole } from "../../../components/postgres/inspect.ts";
import { noAccess } from "../../../components/postgres/inspect-access.ts";
import { liveDatabase, liveRole, makeCatalog } from "../../fakes/catalog.ts";
import { makeSpec, type Written, writeStack } from "../../fakes/stack.ts";

/** What is proposed for a server with these on it. */
function propose(
  roles: readonly LiveRole[],
  databases: readonly LiveDatabase[],
  more: {
    readonly apps?: Record<string, unknown>;
    readonly insides?: Readonly<Record<string, Inside | string>>;
    readonly verifiers?: Readonly<Record<string, string>>;
    readonly postgres?: Written;
  } = {},
) {
  const apps = more.apps ?? {};
  const insides = databases.map(({ name }): [string, Inside | string] => [
    name,
    more.insides?.[name] ?? { access: noAccess, extensions: [], extras: [] },
  ]);
  const survey: ServerSurvey = {
    catalog: makeCatalog(roles, databases),
    insides: new Map(insides),
    verifiers: more.verifiers === undefined ? undefined : new Map(Object.entries(more.verifiers)),
  };
  const found = proposeApps(
    { spec: makeSpec(apps, more.postgres), values: writeStack(apps, more.postgres) },
    survey,
  );
  return {
    entries: Object.fromEntries(found.apps.map(({ key, entry }) => [key, entry])),
    leftAlone: found.leftAlone.map(
      ({ kind, name, reasons }) => `${kind} ${name}: ${reasons.join("; ")}`,
    ),
    kept: Object.fromEntries(found.apps.map(({ key, kept }) => [key, kept])),
  };
}

const owning = (name: string, more: Partial<LiveRole> = {}) =>
  liveRole(name, { ownedDatabases: [name], ...more });

describe("an entry", () => {
  test("says nothing that follows from the key", () => {
    expect(propose([owning("wiki")], [liveDatabase("wiki", "wiki")])).toEqual({
      entries: { wiki: { adopt: true } },
      leftAlone: [],
      kept: { wiki: [] },
    });
  });

  test("keeps names, limits, memberships, search_path, encoding and the salt", () => {
    const owner = owning("The Owner", {
      connectionLimit: 7,
      memberOf: ["berth_prod", "Read Only"],
      settings: ['search_path="$user", public', "work_mem=8MB"],
      ownedDatabases: ["My-App"],
    });
    const database = liveDatabase("My-App", "The Owner", {
      encoding: "LATIN1",
      connectionLimit: 20,
    });
    const verifier = "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$stored:server";
    const { entries, kept } = propose([owner], [database], {
      verifiers: { "The Owner": verifier },
    });
    expect(entries).toEqual({
      "my-app": {
        adopt: true,
        owner: {
          name: "The Owner",
          connectionLimit: 7,
          memberOf: ["Read Only"],
          searchPath: ["$user", "public"],
          scram: "4096:W22ZaJ0SNY7soEsUEjb6gQ==",
        },
        database: { name: "My-App", encoding: "LATIN1", connectionLimit: 20 },
      },
    });
    expect(kept["my-app"]).toEqual(['setting work_mem=8MB of role "The Owner"']);
  });

  test("is for Berth's own provisioner, whatever the stack's is", () => {
    const postgres = { provisioner: "postgresql" };
    expect(propose([owning("wiki")], [liveDatabase("wiki", "wiki")], { postgres }).entries).toEqual(
      {
        wiki: { adopt: true, provisioner: "berth" },
      },
    );
  });

  test("closes a database to PUBLIC only where it is closed already", () => {
    const closed = liveDatabase("wiki", "wiki", { privileges: ["wiki=CONNECT"] });
    expect(propose([owning("wiki")], [closed]).entries).toEqual({
      wiki: { adopt: true, database: { revokePublic: true } },
    });
  });

  test("is not made for what the stack has, nor for the reserved", () => {
    const roles = [owning("wiki"), owning("paperless")];
    const databases = [liveDatabase("wiki", "wiki"), liveDatabase("paperless", "paperless")];
    expect(propose(roles, databases, { apps: { wiki: {} } })).toEqual({
      entries: {},
      leftAlone: [],
      kept: {},
    });
  });

  test("takes another key where one, or its item, is in use", () => {
    const apps = { wiki: { database: { name: "other" }, owner: { name: "other" } } };
    const { entries } = propose([owning("wiki")], [liveDatabase("wiki", "wiki")], { apps });
    expect(Object.keys(entries)).toEqual(["wiki-2"]);
  });
});

describe("a further login", () => {
  const privileges = (role: string, list: readonly string[]) => list.map((one) => `${role}=${one}`);
  const insideWith = (table: readonly string[]): Inside => ({
    access: {
      ...noAccess,
      objects: [
        {
          type: "schema",
          schema: "public",
          name: "public",
          owner: "pg_database_owner",
          privileges: ["public=USAGE", "wiki_ro=USAGE"],
        },
        {
          type: "table",
          schema: "public",
          name: "page",
          owner: "wiki",
          privileges: privileges("wiki_ro", table),
        },
      ],
      defaults: (["table", "sequence"] as const).map((type) => ({
        type,
        schema: "public",
        owner: "wiki",
        privileges: ["wiki_ro=SELECT"],
      })),
    },
    extensions: [],
    extras: [{ kind: "grants to", name: "wiki_ro", count: 3 }],
  });
  const database = liveDatabase("wiki", "wiki", {
    privileges: ["PUBLIC=CONNECT", "PUBLIC=TEMPORARY", "wiki=CONNECT", "wiki_ro=CONNECT"],
  });
  const roles = [owning("wiki"), liveRole("wiki_ro")];

  test("is in the entry where it has what a profile gives", () => {
    const insides = { wiki: insideWith(["SELECT"]) };
    expect(propose(roles, [database], { insides })).toEqual({
      entries: { wiki: { adopt: true, roles: { ro: { profile: "readonly" } } } },
      leftAlone: [],
      kept: { wiki: [] },
    });
  });

  test("stays outside where it reaches a second database", () => {
    const other = liveDatabase("shop", "shop", {
      privileges: ["PUBLIC=CONNECT", "wiki_ro=CONNECT"],
    });
    const insides = { wiki: insideWith(["SELECT"]) };
    const found = propose([...roles, owning("shop")], [database, other], { insides });
    expect(found.entries["wiki"]).toEqual({ adopt: true });
    expect(found.leftAlone).toEqual([
      'role wiki_ro: it reaches "wiki", "shop"; a role belongs to one app',
    ]);
  });
});

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
      ...{ name, isAvailable: true, hasVersion: true, needsSuperuser: true, fixedSchema: null },
      ...{ requires: [], installedVersion: "1.0", installedSchema: home },
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
    expect(found.leftAlone[0]).toMatch(/^role wiki_job: .*not what an entry can say; /);
    expect(found.leftAlone[0]).toMatch(reason);
  });
});

describe("a database is left alone", () => {
  test.each<[string, Partial<LiveRole>, Partial<LiveDatabase>, string]>([
    ["half dropped", {}, { connectionLimit: -2 }, "a DROP DATABASE of it was interrupted"],
    ["closed to everybody", {}, { allowsConnections: false }, "it allows no connections"],
    ["of a superuser", { isSuperuser: true }, {}, "is a superuser"],
    ["of a role with CREATEROLE", { canCreateRole: true }, {}, "has CREATEROLE"],
    [
      "of a role with two",
      { ownedDatabases: ["wiki", "shop"] },
      {},
      'owns the database "shop" as well',
    ],
    ["of a group", { canLogin: false }, {}, "role wiki becomes LOGIN"],
    ["of an expiring role", { expires: true }, {}, "becomes VALID UNTIL 'infinity'"],
    [
      "of another stack",
      { memberOf: ["berth_dev"] },
      {},
      'another stack, whose mark is "berth_dev"',
    ],
    ["of a member of pg_monitor", { memberOf: ["pg_monitor"] }, {}, '"pg_monitor" is reserved'],
    ["of a member of a neighbour", { memberOf: ["paperless"] }, {}, '"paperless" is reserved'],
    ["of a locked out role", { connectionLimit: 0 }, {}, "allowed are -1 (no limit) and 1 or more"],
  ])("that is %s", (_, role, database, reason) => {
    const found = propose([owning("wiki", role)], [liveDatabase("wiki", "wiki", database)]);
    expect(found.entries).toEqual({});
    expect(found.leftAlone[0]).toMatch(/^database wiki: /);
    expect(found.leftAlone[0]).toContain(reason);
  });

  test("whose owner is reserved, or that the admin may not enter", () => {
    const of = (owner: string, insides = {}) =>
      propose([owning(owner)], [liveDatabase("wiki", owner)], { insides }).leftAlone[0];
    expect(of("paperless")).toBe(
      'database wiki: its owner "paperless" is reserved (berth:postgres.reserved)',
    );
    expect(of("wiki", { wiki: "permission denied (SQLSTATE 42501)" })).toBe(
      "database wiki: the admin cannot look into it: permission denied (SQLSTATE 42501); " +
        'if it may not, as a superuser: GRANT "wiki" TO "coachlight_admin"',
    );
  });
});
