import { describe, expect, test } from "vitest";
import { describeProblem } from "../../../components/errors.ts";
import type {
  Catalog,
  LiveRole,
  ServerFacts,
} from "../../../components/postgres/catalog/catalog.ts";
import type { LiveExtension } from "../../../components/postgres/catalog/extensions.ts";
import { decideApp } from "../../../components/postgres/diff/decide-app.ts";
import { planDatabase } from "../../../components/postgres/plan/plan.ts";
import { decideRegistry, notInspected } from "../../../components/postgres/registry/decide.ts";
import {
  findOwnershipRoleProblem,
  findServerProblems,
  formatVersion,
} from "../../../components/postgres/rules/server.ts";
import { goodServer, liveDatabase, liveRole, makeCatalog } from "../../fakes/catalog.ts";
import { makeSpec, type Written } from "../../fakes/stack.ts";

const pinned = { systemIdentifier: goodServer.systemIdentifier };

function decide(catalog: Catalog, postgres: Written = pinned, isPreview = false) {
  const spec = makeSpec({ netbox: {}, wiki: { adopt: true } }, postgres);
  const plans = spec.apps.map((app) => planDatabase(app, spec.postgres));
  return decideRegistry(spec, plans, { catalog }, { isPreview });
}

describe("the server's identity", () => {
  test("fails on another server than the stack is for, with both identifiers, in a preview too", () => {
    for (const isPreview of [true, false]) {
      const run = () => decide(makeCatalog([], [], { systemIdentifier: "999" }), pinned, isPreview);
      expect(run).toThrow(
        "this is another server than the stack is for: it has system_identifier 999, " +
          "the stack expects 7412345678901234567 (berth:postgres.systemIdentifier). Nothing was written",
      );
    }
  });

  test("fails to write to a server that the stack does not pin, and warns in a preview", () => {
    const line =
      'add to the stack file under berth:postgres: systemIdentifier: "7412345678901234567"';
    expect(() => decide(makeCatalog(), {})).toThrow(line);
    expect(decide(makeCatalog(), {}, true).warnings).toEqual([expect.stringContaining(line)]);
  });
});

test("MAINTAIN is refused before Postgres 17, with the key that asks for it", () => {
  const entry = { roles: { ro: { profile: "readonly", privileges: { tables: ["MAINTAIN"] } } } };
  const spec = makeSpec({ wiki: entry }, pinned);
  const plans = spec.apps.map((app) => planDatabase(app, spec.postgres));
  const decideOn = (versionNumber: number) =>
    decideRegistry(
      spec,
      plans,
      { catalog: makeCatalog([], [], { versionNumber }) },
      { isPreview: true },
    );
  expect(() => decideOn(160_014)).toThrow(
    "app wiki: MAINTAIN needs Postgres 17, and this server is 16.14\n" +
      "    fix: take MAINTAIN out of berth:apps.wiki.roles.ro.privileges.tables",
  );
  expect(decideOn(170_000).warnings).toEqual([]);
});

describe("what the server must be and allow", () => {
  const { postgres } = makeSpec({});
  const find = (facts: Partial<ServerFacts>) =>
    findServerProblems({ ...goodServer, ...facts }, postgres);

  test("a plain admin and a superuser will do", () => {
    expect(find({})).toEqual([]);
    expect(find({ isSuperuser: true, canCreateRole: false, canCreateDatabase: false })).toEqual([]);
    expect(find({ versionNumber: 140000 })).toEqual([]);
  });

  test.each<[Partial<ServerFacts>, string]>([
    [
      { versionNumber: 130022 },
      "its version is 13.22; Berth needs 14 or newer\n    fix: update the server",
    ],
    [
      { isStandby: true },
      "it is a standby, which is read-only\n    fix: point berth:postgres.endpoint at the primary's Service, or at its Pod by a selector, as role=primary",
    ],
    [
      { canCreateRole: false },
      'role "coachlight_admin" may not create roles\n    fix: as a superuser run: ALTER ROLE "coachlight_admin" CREATEROLE',
    ],
    [
      { canCreateDatabase: false },
      'role "coachlight_admin" may not create databases\n    fix: as a superuser run: ALTER ROLE "coachlight_admin" CREATEDB',
    ],
    [
      { admin: "paperless" },
      'role "paperless" is reserved and cannot be the admin\n    fix: name another role in berth:postgres.adminItem (or adminUser), or take the role out of berth:postgres.reserved',
    ],
  ])("fails with %j", (facts, problem) => {
    expect(find(facts).map(describeProblem)).toEqual([problem]);
  });

  test("every reason comes at once", () => {
    expect(() => decide(makeCatalog([], [], { isStandby: true, canCreateRole: false }))).toThrow(
      "Postgres: 2 problems",
    );
  });

  test("a version is shown as its people write it", () => {
    expect([180004, 160014, 100023].map(formatVersion)).toEqual(["18.4", "16.14", "10.23"]);
  });
});

describe("the ownership role", () => {
  const { postgres } = makeSpec({});
  const find = (more: Partial<LiveRole>) =>
    findOwnershipRoleProblem(
      makeCatalog([liveRole("berth_prod", { canLogin: false, ...more })]),
      postgres,
    );

  test("may be missing, or there as Berth makes it", () => {
    expect(findOwnershipRoleProblem(makeCatalog(), postgres)).toBeUndefined();
    expect(find({})).toBeUndefined();
  });

  test.each<[Partial<LiveRole>]>([
    [{ canLogin: true }],
    [{ isSuperuser: true }],
    [{ canCreateRole: true }],
    [{ canCreateDatabase: true }],
    [{ canReplicate: true }],
    [{ bypassesRls: true }],
    [{ memberOf: ["pg_read_all_data"] }],
    [{ ownedDatabases: ["wiki"] }],
  ])("fails with rights, since its members could use them: %j", (more) => {
    expect(find(more)).toMatchObject({
      code: "ownership-role-has-rights",
      what: 'role "berth_prod" exists and can log in or has rights, so it is not the ownership role that Berth makes',
      fix: "set berth:postgres.ownershipRole to a name that is free",
    });
  });
});

test("what exists is known by kind, and what adopting changes is a warning", () => {
  const netbox = liveRole("netbox", { memberOf: ["berth_prod"] });
  const { exists, warnings } = decide(
    makeCatalog(
      [netbox, liveRole("wiki", { adminMayAlter: true })],
      [liveDatabase("netbox", "netbox")],
    ),
  );
  expect([exists("role", "netbox"), exists("database", "netbox")]).toEqual([true, true]);
  expect([exists("role", "wiki"), exists("database", "wiki")]).toEqual([true, false]);
  expect(warnings).toEqual([
    'adopting: app wiki: role "wiki": its password becomes the one in 1Password',
    'adopting: app wiki: role "wiki": it becomes a member of "berth_prod"',
  ]);
});

test("fails on a role to adopt that the admin may not change, and says what a superuser has to run", () => {
  expect(() => decide(makeCatalog([liveRole("wiki")]))).toThrow(
    'app wiki: role "wiki" cannot be adopted: role "coachlight_admin" may not change it\n    fix: as a superuser: GRANT "wiki" TO "coachlight_admin" WITH ADMIN TRUE',
  );
});

test("fails with the problems of every app at once", () => {
  const catalog = makeCatalog([liveRole("netbox")], [liveDatabase("wiki", "paperless")]);
  expect(() => decide(catalog)).toThrow(
    /Postgres: 2 problems\n {2}- app netbox: .*\n {4}fix: .*\n {2}- app wiki: /,
  );
});

test("fails on another encoding than the database has, which the registry's resources would pass over", () => {
  const netbox = liveRole("netbox", { memberOf: ["berth_prod"] });
  const database = liveDatabase("netbox", "netbox", { encoding: "LATIN1" });
  expect(() => decide(makeCatalog([netbox], [database]))).toThrow(
    "has encoding LATIN1, which cannot change\n    fix: set berth:apps.netbox.database.encoding to LATIN1",
  );
});

test("fails on a new database whose locale would come from another provider than libc", () => {
  const spec = makeSpec({ wiki: { database: { locale: "C" } } }, pinned);
  const plans = spec.apps.map((app) => planDatabase(app, spec.postgres));
  const run = (localeProvider: "libc" | "icu") => {
    const template = liveDatabase("template0", "postgres", { isTemplate: true, localeProvider });
    return decideRegistry(
      spec,
      plans,
      { catalog: makeCatalog([], [template]) },
      { isPreview: true },
    );
  };
  expect(run("libc").warnings).toEqual([]);
  expect(() => run("icu")).toThrow(
    /with the provider of template0's locale, which is not libc\n {4}fix: set berth:apps.wiki.provisioner to berth/,
  );
  // Berth's own provider says which.
  const template = liveDatabase("template0", "postgres", { localeProvider: "icu" });
  const catalog = makeCatalog([], [template]);
  const [plan] = plans;
  if (plan === undefined) throw new Error("no plan");
  const { steps } = decideApp(plan, { catalog }, { postgres: spec.postgres });
  expect(steps.database).toMatchObject([{ kind: "create-database", withLibc: true }]);
});

test("fails on a new extension before one that it needs, until that is listed before it", () => {
  const extension = { isWanted: true, isAvailable: true, hasVersion: true, isTrusted: true };
  const extensions: readonly LiveExtension[] = ["cube", "earthdistance"].map((name) => ({
    ...{ ...extension, name, needsSuperuser: false, belongsToOther: false, keepsFunctions: false },
    ...{ fixedSchema: null, schema: "public", installedVersion: null, installedSchema: null },
    requires: name === "cube" ? [] : ["cube"],
  }));
  const run = (...names: readonly string[]) => {
    const spec = makeSpec({ wiki: { database: { extensions: names } } }, pinned);
    const plans = spec.apps.map((app) => planDatabase(app, spec.postgres));
    const facts = { catalog: makeCatalog(), insides: new Map([["wiki", { extensions }]]) };
    return decideRegistry(spec, plans, facts, { isPreview: true });
  };
  for (const names of [["earthdistance"], ["earthdistance", "cube"]]) {
    expect(() => run(...names)).toThrow(
      /extension "earthdistance" .* needs cube, .*\n {4}fix: list that before it/,
    );
  }
  expect(run("cube", "earthdistance").warnings).toEqual([]);
});

test("an admin must act for owners before 16, unless it is a superuser", () => {
  const actingAdmin = (facts: Partial<ServerFacts>) =>
    decide(makeCatalog([], [], facts)).actingAdmin;
  expect(actingAdmin({ versionNumber: 150_018 })).toBe("coachlight_admin");
  expect(actingAdmin({ versionNumber: 150_018, isSuperuser: true })).toBeUndefined();
  expect(actingAdmin({ versionNumber: 160_000 })).toBeUndefined();
});

test("without a server nothing is known to exist, and the operator reads so", () => {
  expect(notInspected.exists("role", "netbox")).toBe(false);
  expect(notInspected.warnings).toEqual([expect.stringContaining("not compared with the server")]);
});
