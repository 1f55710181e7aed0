import { beforeAll, describe, expect, it } from "vitest";
import { planDatabase } from "../../../components/postgres/plan/plan.ts";
import { toPsqlScript } from "../../../components/postgres/psql/script.ts";
import { makeApp, makeSpec } from "../../fakes/stack.ts";
import { packages } from "../../postgres-packages.ts";
import { DatabaseBed, inputsOf, ownershipRole } from "../../provider/app-database/bed.ts";
import { keepNeighbour, useBed } from "../../provider/app-database/use-bed.ts";
import {
  entry,
  hasPsql,
  psql,
  readCatalog,
  readRowVersions,
  roles,
  toScript,
  verifiers,
} from "./run.ts";

/** The psql script against a real server with a neighbour on it. */

describe("the text of a script", () => {
  const spec = makeSpec({ basketball: entry }, { systemIdentifier: "123" });
  const [app] = spec.apps;

  it("holds no verifier and puts no variable into dollar quotes, where psql expands none", () => {
    if (app === undefined) throw new Error("the stack has no app");
    const script = toPsqlScript([planDatabase(app, spec.postgres)], spec.postgres);
    expect(script).not.toContain("‹verifier›");
    for (const [, block = ""] of script.matchAll(/\$berth\$([^]*?)\$berth\$/g)) {
      expect(block).not.toMatch(/[^:]:['"{a-z]/);
    }
  });

  it("is refused for a stack that pins no server", () => {
    if (app === undefined) throw new Error("the stack has no app");
    const plan = planDatabase(app, spec.postgres);
    expect(() => toPsqlScript([plan], { ...spec.postgres, systemIdentifier: undefined })).toThrow(
      /needs berth:postgres.systemIdentifier/,
    );
  });
});

describe.skipIf(!hasPsql)("the script, on Postgres 18", () => {
  const bed = useBed({ isSuperuser: true });
  keepNeighbour(bed);
  let ofProvider: unknown;
  let ofScript: unknown;

  beforeAll(async () => {
    await bed.up(inputsOf("basketball", entry));
    ofProvider = await readCatalog(bed);
    await bed.sql("drop database basketball");
    await bed.sql(`drop role ${[...roles, ownershipRole].join(", ")}`);
    const { exitCode, output } = await psql(bed, toScript(bed));
    expect({ exitCode, output }).toEqual({ exitCode: 0, output: "app basketball: as planned" });
    ofScript = await readCatalog(bed);
    await bed.sqlAs("basketball", "basketball", "create table games (id serial primary key)");
    // Somebody else, who was given something of the app's.
    await bed.sql("create role auditor nologin");
    await bed.sql("create database warehouse owner auditor");
    await bed.sql("grant select, truncate on games to auditor", "basketball");
  });

  it("ends in the same catalog as the provider", async () => {
    expect(ofScript).toEqual(ofProvider);
    await bed.sqlAs("admin_app", "basketball", "insert into games default values");
    await bed.sqlAs("basketball_read_only", "basketball", "select * from games");
  });

  it("shows no control character of a name, as a Job's log may be read on a terminal", async () => {
    const [name, shown] = ["a\u001b[2J\rb", "a?[2J?b"];
    await bed.sql(`create role "${name}"`);
    await bed.sql(`alter database basketball owner to "${name}"`);
    const { exitCode, output } = await psql(bed, toScript(bed));
    await bed.sql("alter database basketball owner to basketball");
    await bed.sql(`drop role "${name}"`);
    expect(exitCode).toBe(3);
    expect(output).toContain(shown);
    expect(output).not.toMatch(/[\u001b\r]/);
  });

  it("goes on as the admin, whatever the app's owner sets for everybody in its database", async () => {
    const before = await readCatalog(bed);
    await bed.sql("drop extension cube; drop schema o_dd", "basketball");
    for (const setting of ["role = 'basketball'", "default_transaction_read_only = on"]) {
      await bed.sqlAs("basketball", "basketball", `alter database basketball set ${setting}`);
    }
    const { exitCode, output } = await psql(bed, toScript(bed));
    await bed.sql("alter database basketball reset all");
    expect({ exitCode, output }).toEqual({ exitCode: 0, output: "app basketball: as planned" });
    expect(await readCatalog(bed)).toEqual(before);
  });

  it("changes nothing when it runs again, not even a row's version", async () => {
    const before = await readRowVersions(bed);
    bed.clearLog();
    expect((await psql(bed, toScript(bed))).exitCode).toBe(0);
    expect(bed.writes()).toEqual([]);
    expect(await readRowVersions(bed)).toEqual(before);
  });

  it("puts right what was changed by hand, on what exists as well, and nothing else", async () => {
    const before = await readCatalog(bed);
    await bed.sql("alter role basketball createdb connection limit 3 valid until '2020-01-01'");
    await bed.sql("alter role basketball set search_path to nowhere");
    await bed.sql("grant pg_monitor to admin_app");
    await bed.sql("create role another; grant pg_monitor to another with admin option");
    await bed.sql("grant pg_monitor to admin_app granted by another");
    await bed.sql("alter role admin_app password 'another'");
    await bed.sql("revoke select on games from admin_app", "basketball");
    await bed.sql("grant truncate on games to basketball_read_only", "basketball");
    await bed.sql("grant update on games_id_seq to basketball_probe", "basketball");
    await bed.sql("grant update (id) on games to basketball_read_only", "basketball");
    await bed.sql("drop schema o_dd; drop extension cube", "basketball");
    await bed.sql("grant connect on database basketball to public");
    await bed.sql("alter database basketball connection limit 3");
    await bed.sql(
      `alter default privileges for role basketball in schema public grant delete on tables to basketball_read_only;
       alter default privileges for role basketball in schema billing grant usage on sequences to basketball_probe;
       alter default privileges for role basketball in schema billing revoke execute on functions from admin_app;
       alter default privileges for role basketball grant insert on tables to basketball_read_only`,
      "basketball",
    );
    bed.clearLog();
    const { exitCode, output } = await psql(bed, toScript(bed));
    expect(exitCode, output).toBe(0);
    expect(bed.writes().filter((statement) => statement.includes("auditor"))).toEqual([]);
    expect(await readCatalog(bed)).toEqual(before);
    const [games, sequence] = await bed.sql<{ acl: string }>(
      "select relacl::text as acl from pg_class where relname in ('games', 'games_id_seq') order by relname",
      "basketball",
    );
    const columns =
      "select attacl from pg_attribute where attrelid = 'games'::regclass and attacl <> '{}'";
    expect(await bed.sql(columns, "basketball")).toEqual([]);
    expect(sequence?.acl).not.toContain("basketball_probe");
    expect(games?.acl).toContain("admin_app=arwdt/");
    expect(games?.acl).toContain("basketball_read_only=r/");
    expect(games?.acl).toContain("auditor=rD/");
  });

  it.each([
    ["another server", () => toScript(bed, entry, { systemIdentifier: "123" }), "another server"],
    [
      "roles that another stack made",
      () => toScript(bed, entry, { ownershipRole: "berth_other" }),
      'role "basketball" exists and was not made by this stack',
    ],
    [
      "a role that somebody else made",
      () => toScript(bed, { roles: { x: { profile: "readonly", name: "auditor" } } }),
      'role "auditor" exists and was not made by this stack',
    ],
    [
      "a database of somebody else",
      () => toScript(bed, { ...entry, database: { name: "warehouse" } }),
      'database "warehouse" exists and belongs to role "auditor"',
    ],
    [
      "an ownership role that is a neighbour",
      () => toScript(bed, entry, { ownershipRole: "paperless" }),
      'role "paperless" can log in or has rights',
    ],
    [
      "another encoding",
      () => toScript(bed, { ...entry, database: { encoding: "LATIN1" } }),
      'database "basketball" has encoding UTF8',
    ],
    [
      "a role with another name in a database of another encoding",
      () =>
        toScript(bed, {
          roles: { x: { profile: "readonly", name: "Leserö" } },
          database: { name: "latin", encoding: "LATIN1", locale: "C" },
        }),
      'role "Leserö" has another name in a session in database "latin"',
    ],
  ])("refuses %s, and changes nothing", async (_, script, message) => {
    const before = await readRowVersions(bed);
    const env = { BERTH_VERIFIER_X: verifiers.BERTH_VERIFIER_ADMIN };
    const { exitCode, output } = await psql(bed, script(), env);
    expect(output).toContain(message);
    expect(output).toContain("nothing was changed");
    expect(exitCode).toBe(3);
    expect(await readRowVersions(bed)).toEqual(before);
  });

  it("refuses a password in place of a verifier, without showing it to the server", async () => {
    const canary = "Canary0Plain0Password";
    bed.clearLog();
    for (const value of [canary, "", `SCRAM-SHA-256$${canary}`]) {
      const { exitCode, output } = await psql(bed, toScript(bed), {
        BERTH_VERIFIER_ADMIN: value,
      });
      expect(exitCode).toBe(3);
      expect(output).toContain(
        "BERTH_VERIFIER_ADMIN is not set, or is not a SCRAM-SHA-256 verifier",
      );
      expect(output).not.toContain(canary);
    }
    expect(bed.readLog()).not.toContain(canary);
  });

  it("takes any name for a role, and none for a part of the script", async () => {
    const name = "O'Neil $berth$ \"x\" \\ 100%L :'verifier_owner' `id`\n\\! id";
    const searchPath = ["public", 'My "own", one'];
    const special = { owner: { name: "any_name", searchPath }, database: { name: "odd" } };
    const planned = planDatabase(makeApp(special, "odd"), { ownershipRole } as never);
    // A stack file may not even have such a name.
    const text = JSON.stringify(planned).replaceAll('"any_name"', () => JSON.stringify(name));
    const plan = JSON.parse(text) as typeof planned;
    const { systemIdentifier } = bed;
    const where = { maintenanceDatabase: "postgres", ownershipRole, systemIdentifier };
    const target = { ...where, stack: undefined };
    for (let round = 0; round < 2; round += 1) {
      bed.clearLog();
      const { exitCode, output } = await psql(bed, toPsqlScript([plan], target));
      expect({ exitCode, output }).toEqual({ exitCode: 0, output: "app odd: as planned" });
    }
    expect(bed.writes()).toEqual([]);
    const [found] = await bed.sql(
      "select pg_get_userbyid(datdba)::text as owner from pg_database where datname = 'odd'",
    );
    expect(found).toEqual({ owner: name });
    const address = { ...plan, database: { ...plan.database, name: "host=elsewhere" } };
    expect(() => toPsqlScript([address], target)).toThrow(
      /cannot .connect to database "host=elsewhere"/,
    );
  });
});

// The other tests of scripts run on 18.
const cases = Object.entries(packages)
  .map(([version, packageName]) => ({ version, packageName }))
  .filter(({ version }) => Number(version) <= 16);

describe.skipIf(!hasPsql)("the script, by an admin with CREATEROLE and CREATEDB", () => {
  it.each(cases)(
    "leaves nothing to do on $version",
    async ({ version, packageName }) => {
      const bed = await DatabaseBed.open({ packageName });
      const neighbour = await bed.neighbour();
      for (let round = 0; round < 2; round += 1) {
        bed.clearLog();
        const { exitCode, output } = await psql(bed, toScript(bed));
        expect(exitCode, output).toBe(0);
        // On 14 only a superuser can close schema public.
        expect(output.includes("only a superuser can end that")).toBe(version === "14");
      }
      // It cannot see which verifiers the server has, and nor can the provider.
      const isPassword = (statement: string): boolean => statement.includes(" PASSWORD ");
      expect(bed.writes().filter((statement) => !isPassword(statement))).toEqual([]);
      bed.clearLog();
      await bed.up(inputsOf("basketball", entry));
      expect(bed.writes().filter((statement) => !isPassword(statement))).toEqual([]);
      await bed.sqlAs("admin_app", "basketball", "select 1");
      // From 16 on only who gave a membership, or a superuser, may take it back.
      await bed.sql(`create role readers; grant readers to "coachlight_admin" with admin option`);
      await bed.sql("grant readers to admin_app");
      const { exitCode, output } = await psql(bed, toScript(bed));
      expect(output.includes("as planned")).toBe(Number(version) < 16);
      expect(output.includes('privileges granted by role "postgres"')).toBe(Number(version) >= 16);
      expect(exitCode).toBe(Number(version) < 16 ? 0 : 3);
      const member =
        "select from pg_auth_members where roleid = 'readers'::regrole and member = 'admin_app'::regrole";
      expect(await bed.sql(member)).toHaveLength(Number(version) < 16 ? 0 : 1);
      expect(await bed.neighbour()).toBe(neighbour);
      await bed.close();
    },
    180_000,
  );
});
