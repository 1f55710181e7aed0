import { describe, expect, test } from "vitest";
import type { Inside } from "../../../cli/adopt/facts.ts";
import { noAccess } from "../../../components/postgres/catalog/access.ts";
import type { LiveDatabase, LiveRole } from "../../../components/postgres/catalog/catalog.ts";
import { liveDatabase, liveRole } from "../../fakes/catalog.ts";
import { owning, propose } from "./proposal.ts";

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
      settings: ['search_path="$user", public', "work_mem=8MB", "app.jwt_key=canary"],
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
    expect(kept["my-app"]).toEqual([
      'setting work_mem=8MB of role "The Owner"',
      'setting app.jwt_key of role "The Owner"',
    ]);
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
    objects: [],
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

describe("several databases of one role", () => {
  const radarr = liveRole("radarr", { ownedDatabases: ["radarr_log", "radarr_main"] });
  const log = liveDatabase("radarr_log", "radarr");
  const main = liveDatabase("radarr_main", "radarr");

  test("become one entry, with the main one first", () => {
    const { entries, leftAlone } = propose([radarr], [log, main]);
    expect(entries).toEqual({
      radarr: {
        adopt: true,
        database: { names: ["radarr_main", "radarr_log"] },
      },
    });
    expect(leftAlone).toEqual([]);
  });

  test("become one entry with a role that has the same in each, and not with one that has not", () => {
    const grants = (...names: readonly string[]) => ({
      privileges: ["PUBLIC=CONNECT", ...names.map((name) => `${name}=CONNECT`)],
    });
    const databases = [
      liveDatabase("radarr_log", "radarr", grants("ro")),
      liveDatabase("radarr_main", "radarr", grants("ro", "some")),
    ];
    const { entries, leftAlone } = propose([radarr, liveRole("ro"), liveRole("some")], databases);
    expect(entries["radarr"]?.roles).toEqual({
      ro: { name: "ro", privileges: {} },
    });
    expect(leftAlone).toEqual([expect.stringContaining("role some: ")]);
  });

  test("are listed in the entry that has their owner already", () => {
    const apps = { radarr: { database: { name: "radarr_main" } } };
    const { entries, leftAlone } = propose([radarr], [log, main], { apps });
    expect(entries).toEqual({});
    expect(leftAlone).toEqual([
      'database radarr_log: its owner "radarr" is the owner of app radarr; to have both in it, set berth:apps.radarr.database.names to ["radarr_main", "radarr_log"]',
    ]);
  });

  test.each([
    ["differ", [log, liveDatabase("radarr_main", "radarr", { connectionLimit: 9 })]],
    ["are not all free", [log, liveDatabase("radarr_main", "radarr", { isTemplate: true })]],
  ])("stay apart where they %s", (_, databases) => {
    const { entries, leftAlone } = propose([radarr], databases);
    expect(entries).toEqual({});
    expect(leftAlone.join("\n")).toContain("and one entry cannot have them all");
  });
});

describe("a database is left alone", () => {
  test.each<[string, Partial<LiveRole>, Partial<LiveDatabase>, string]>([
    ["half dropped", {}, { connectionLimit: -2 }, "an interrupted DROP DATABASE left"],
    ["closed to everybody", {}, { allowsConnections: false }, "allows no connections"],
    ["of a superuser", { isSuperuser: true }, {}, "is a superuser"],
    ["of a role with CREATEROLE", { canCreateRole: true }, {}, "has CREATEROLE"],
    [
      "of a role with two",
      { ownedDatabases: ["wiki", "shop"] },
      {},
      'owns the databases "wiki" and "shop", and one entry cannot have them all',
    ],
    ["of a group", { canLogin: false }, {}, "role wiki becomes LOGIN"],
    ["of an expiring role", { expires: true }, {}, "becomes VALID UNTIL 'infinity'"],
    [
      "of another stack",
      { memberships: [{ group: "berth_dev", grantor: "admin" }], memberOf: ["berth_dev"] },
      {},
      'another stack, whose ownership role is "berth_dev"',
    ],
    [
      "of a member of a group with the rights of a superuser",
      { memberOf: ["pg_read_server_files"] },
      {},
      '"pg_read_server_files" gives its members the rights of a superuser',
    ],
    ["of a member of a neighbour", { memberOf: ["paperless"] }, {}, '"paperless" is reserved'],
    [
      "of a locked out role",
      { connectionLimit: 0 },
      {},
      "allowed are -1 (no limit) and 1 to 2147483647",
    ],
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

test("a database of a superuser gets no advice that would make the admin one", () => {
  const database = liveDatabase("rdsadmin", "rdsadmin");
  const insides = { rdsadmin: "permission denied for database rdsadmin" };
  const found = propose([owning("rdsadmin", { isSuperuser: true })], [database], { insides });
  expect(found.entries).toEqual({});
  expect(found.leftAlone.join()).toContain('role "rdsadmin" exists and is a superuser');
  expect(found.leftAlone.join()).not.toContain("GRANT");
});
