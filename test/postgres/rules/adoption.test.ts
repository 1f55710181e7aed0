import { describe, expect, test } from "vitest";
import { describeProblem } from "../../../components/errors.ts";
import type { LiveDatabase, LiveRole } from "../../../components/postgres/catalog/catalog.ts";
import { searchPathOf } from "../../../components/postgres/catalog/settings.ts";
import { planDatabase } from "../../../components/postgres/plan/plan.ts";
import { decideAdoption } from "../../../components/postgres/rules/adoption.ts";
import { compareStored } from "../../../components/postgres/rules/roles/stored-password.ts";
import { liveDatabase, liveRole, makeCatalog } from "../../fakes/catalog.ts";
import { makeSpec } from "../../fakes/stack.ts";

/** What is decided about app netbox when the server holds these. */
function decide(
  roles: readonly LiveRole[],
  databases: readonly LiveDatabase[] = [],
  entry: Record<string, unknown> = {},
) {
  const spec = makeSpec({ netbox: entry });
  const [app] = spec.apps;
  if (app === undefined) throw new Error("the stack has no app");
  const plan = planDatabase(app, spec.postgres);
  const found = decideAdoption(plan, makeCatalog(roles, databases), {
    ...spec.postgres,
    ...unread,
  });
  return { ...found, problems: found.problems.map(describeProblem) };
}

const unread = { passwordOf: () => "other" as const, isReserved: () => false };
const ours = liveRole("netbox", { memberOf: ["berth_prod"] });
const ofOther = { group: "berth_dev", grantor: "postgres" };
const adopt = { adopt: true };

describe("without a word", () => {
  test("nothing is decided about what does not exist", () => {
    expect(decide([], [])).toEqual({ changes: [], problems: [] });
  });

  test("what an interrupted run left behind is adopted", () => {
    expect(decide([ours])).toEqual({ changes: [], problems: [] });
    expect(decide([ours], [liveDatabase("netbox", "netbox")])).toEqual({
      changes: [],
      problems: [],
    });
  });

  test("fails on a role that was made by hand, and says what adopting would change", () => {
    const live = liveRole("netbox", { canLogin: false, connectionLimit: 5 });
    expect(decide([live]).problems).toEqual([
      'app netbox: role "netbox" exists and was not made by this stack\n    fix: to adopt it, set berth:apps.netbox.adopt to true ' +
        '(would change: its password becomes the one in 1Password; it may log in; connection limit 5 becomes -1; it becomes a member of "berth_prod")',
    ]);
  });

  test("fails on a role that another stack made", () => {
    expect(decide([liveRole("netbox", { memberOf: ["berth_dev"] })]).problems).toEqual([
      expect.stringContaining('role "netbox" exists and was not made by this stack'),
    ]);
  });

  test("fails on a database whose owner was made by hand", () => {
    const { problems } = decide(
      [liveRole("netbox")],
      [liveDatabase("netbox", "netbox", { connectionLimit: 3 })],
    );
    expect(problems).toHaveLength(2);
    expect(problems[1]).toBe(
      'app netbox: database "netbox" exists and was not made by this stack\n    fix: to adopt it, set berth:apps.netbox.adopt to true ' +
        "(would change: connection limit 3 becomes -1; PUBLIC loses CONNECT and TEMPORARY)",
    );
  });
});

describe("with adopt: true", () => {
  test("a role and its database are taken over, and every change is listed", () => {
    const live = liveRole("netbox", { settings: ["search_path=old, public"] });
    const database = liveDatabase("netbox", "netbox");
    const entry = { ...adopt, owner: { searchPath: ["public"] }, database: { revokePublic: true } };
    expect(decide([live], [database], entry)).toEqual({
      changes: [
        'app netbox: role "netbox": its password becomes the one in 1Password',
        'app netbox: role "netbox": search_path old, public becomes public',
        'app netbox: role "netbox": it becomes a member of "berth_prod"',
        'app netbox: database "netbox": PUBLIC loses CONNECT and TEMPORARY',
      ],
      problems: [],
    });
  });

  test("PUBLIC keeps its privileges on an adopted database unless the entry says otherwise", () => {
    const { changes } = decide([liveRole("netbox")], [liveDatabase("netbox", "netbox")], adopt);
    expect(changes.filter((change) => change.includes("PUBLIC"))).toEqual([]);
  });

  test("fails when a membership or a search_path would be lost, and says how to keep it", () => {
    const live = liveRole("netbox", {
      memberOf: ["reporting"],
      settings: ['search_path="$user", app', "work_mem=8MB"],
    });
    expect(decide([live], [], adopt).problems).toEqual([
      'app netbox: role "netbox": it is a member of reporting\n    fix: add "memberOf: [reporting]" under owner to keep that, or revoke it first',
      'app netbox: role "netbox": it has search_path $user, app\n    fix: add "searchPath: [$user, app]" under owner to keep that',
    ]);
    const kept = { ...adopt, owner: { memberOf: ["reporting"], searchPath: ["app"] } };
    expect(decide([live], [], kept).problems).toEqual([]);
  });

  test("lists no password that stays, and says that md5 ends", () => {
    const verifier = "SCRAM-SHA-256$4096:c2FsdA==$stored:server";
    expect(compareStored(verifier, verifier)).toBe("same");
    expect(compareStored("md5a3556571e93b0d20722ba62be61e8c2d", verifier)).toBe("md5");
    for (const stored of ["SCRAM-SHA-256$4096:b3RoZXI=$stored:server", null, undefined]) {
      expect(compareStored(stored, verifier)).toBe("other");
    }
    const spec = makeSpec({ netbox: adopt });
    const plan = planDatabase(spec.apps[0] as never, spec.postgres);
    const changesFor = (password: ReturnType<typeof compareStored>) =>
      decideAdoption(plan, makeCatalog([liveRole("netbox")]), {
        ...spec.postgres,
        ...unread,
        passwordOf: () => password,
      }).changes[0];
    expect(changesFor("same")).toContain("it becomes a member of");
    expect(changesFor("md5")).toContain("stored as md5, becomes the one in 1Password");
    expect(changesFor("other")).toContain("its password becomes the one in 1Password");
  });

  test.each(['search_path=""', "search_path="])("%s is no schema, not the server's", (setting) => {
    const live = liveRole("netbox", { settings: [setting] });
    expect(decide([live], [], adopt).problems).toEqual([
      'app netbox: role "netbox": it has search_path ""\n    fix: add "searchPath: [""]" under owner to keep that',
    ]);
    const other = { ...adopt, owner: { searchPath: ["public, app"] } };
    expect(decide([live], [], other).changes).toContain(
      'app netbox: role "netbox": search_path "" becomes "public, app"',
    );
    const kept = { ...adopt, owner: { searchPath: [""] } };
    expect(decide([live], [], kept).problems).toEqual([]);
    expect(decide([live], [], kept).changes.join()).not.toContain("search_path");
  });

  test("names that need quotes are printed so that they can be pasted", () => {
    const live = liveRole("netbox", {
      memberOf: ["Read Only", "a@b"],
      settings: ['search_path="$user", "with, comma", "quo""te", plain'],
    });
    expect(searchPathOf(live)).toEqual(["$user", "with, comma", 'quo"te', "plain"]);
    expect(decide([live], [], adopt).problems).toEqual([
      expect.stringContaining('add "memberOf: ["Read Only", "a@b"]" under owner'),
      expect.stringContaining('add "searchPath: [$user, "with, comma", "quo\\"te", plain]"'),
    ]);
  });

  test.each<[string, Partial<LiveRole>, string]>([
    ["is a superuser", { isSuperuser: true }, "NOSUPERUSER"],
    ["has CREATEROLE", { canCreateRole: true }, "NOCREATEROLE"],
    ["has CREATEDB", { canCreateDatabase: true }, "NOCREATEDB"],
    ["has REPLICATION", { canReplicate: true }, "NOREPLICATION"],
    ["has BYPASSRLS", { bypassesRls: true }, "NOBYPASSRLS"],
  ])("fails on a role that %s, and says how to end that", (reason, more, attribute) => {
    expect(decide([liveRole("netbox", more)], [], adopt).problems).toEqual([
      `app netbox: role "netbox" exists and ${reason}; Berth does not manage such a role\n` +
        "    fix: set berth:apps.netbox.owner.name to another role; or, if it does not need that, " +
        `as a superuser run: ALTER ROLE "netbox" ${attribute}`,
    ]);
  });

  test("fails on a role that owns another database as well", () => {
    const role = liveRole("netbox", { ownedDatabases: ["netbox", "wiki"] });
    expect(decide([role], [], adopt).problems).toEqual([
      expect.stringContaining('role "netbox" exists and owns the database "wiki" as well'),
    ]);
  });

  test("fails on the admin role itself", () => {
    const entry = { ...adopt, owner: { name: "coachlight_admin" } };
    expect(decide([liveRole("coachlight_admin")], [], entry).problems).toEqual([
      expect.stringContaining(
        'role "coachlight_admin" exists and is the admin role itself; Berth does not manage such a role',
      ),
    ]);
  });
});

describe("a database that belongs to another role", () => {
  const says =
    'app netbox: database "netbox" belongs to role "paperless", not to "netbox"; Berth never changes an owner\n    fix: ';
  const other = "set berth:apps.netbox.database.name to another name";
  const owner = 'set berth:apps.netbox.owner.name to "paperless"';
  const back =
    'if it is the app\'s own, as a superuser run: ALTER DATABASE "netbox" OWNER TO "netbox"';

  test.each<[string, Partial<LiveRole> | undefined, string]>([
    ["that an app could have", {}, `${back}; or ${owner}; or ${other}`],
    ["that is a superuser", { isSuperuser: true }, `${back}; or ${other}`],
    ["of another stack", { memberships: [ofOther] }, `${back}; or ${other}`],
  ])("is refused, with advice that works for an owner %s", (_, more, fix) => {
    const roles = [ours, liveRole("paperless", more)];
    for (const entry of [{}, adopt]) {
      const found = decide(roles, [liveDatabase("netbox", "paperless")], entry);
      expect(found.problems).toEqual([says + fix]);
    }
  });

  test("is not given to a new app's role either", () => {
    const found = decide([liveRole("paperless")], [liveDatabase("netbox", "paperless")]);
    expect(found.problems).toEqual([`${says}${owner}; or ${other}`]);
  });
});
