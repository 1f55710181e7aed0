import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { StoredResource } from "../../../provider/rpc/resource-handler.ts";
import { hasPsql, psql, toScript } from "../../postgres/psql/run.ts";
import { inputsOf } from "./bed.ts";
import { closePublic, failuresOf, servers, verifiersOf } from "./servers.ts";
import { useBed } from "./use-bed.ts";

/** Privileges in one schema and on some objects, and in schemas that the owner makes itself. */

const entry = {
  database: { schemas: ["hr", "tenant_*"] },
  roles: {
    // All but one table.
    ro: { profile: "readonly", except: ["hr.salaries", "secrets", `hr."o.d'd ""%I"`] },
    // One schema, one table of another, and sequences everywhere of one name.
    bi: {
      privileges: [
        { schema: "tenant_1", tables: ["SELECT"] },
        { schema: "hr", tables: { bills: ["SELECT", "UPDATE"] } },
      ],
    },
    rw: { profile: "readwrite", privileges: [{ schema: "hr", tables: { bills: ["TRUNCATE"] } }] },
  },
};
const all = {
  database: { schemas: "all" },
  roles: {
    ro: { profile: "readonly" },
    shy: { profile: "readonly", except: ["salaries"] },
    bi: { privileges: [{ schema: "reporting", tables: ["SELECT"] }] },
  },
};

const tables = ["open", "secrets", "hr.bills", "hr.salaries", "tenant_1.t", `hr."o.d'd ""%I"`];
const makeTables = `create table open (id int); create table secrets (id int);
create table hr.bills (id serial, note text); create table hr.salaries (id serial, note text);
create schema tenant_1; create table tenant_1.t (id int); create table hr."o.d'd ""%I" (id int)`;

describe.each(servers)("on Postgres %s (%s), as a superuser: %s", (_, packageName, isSuperuser) => {
  const bed = useBed({ packageName, isSuperuser });
  let first: StoredResource;
  let atFirst: readonly string[];

  beforeEach(async () => {
    first = await bed.up(inputsOf("basketball", entry));
    await closePublic(bed, "basketball");
    await as("basketball", makeTables);
    atFirst = await readBy("basketball_ro", tables);
  });

  afterEach(async () => {
    await bed.sql("drop database basketball with (force)");
    for (const role of ["_ro", "_bi", "_rw", "_shy", ""]) {
      await bed.sql(`drop role if exists basketball${role}`);
    }
  });

  const as = (role: string, statement: string) => bed.sqlAs(role, "basketball", statement);
  const isLetIn = async (role: string, statement: string): Promise<boolean> =>
    await as(role, statement).then(
      () => true,
      (error: unknown) => {
        expect((error as { code?: string }).code, `${role}: ${statement}`).toBe("42501");
        return false;
      },
    );
  /** Of these tables, those that a role may read. */
  const readBy = async (role: string, names: readonly string[]): Promise<string[]> => {
    const found: string[] = [];
    for (const table of names) {
      if (await isLetIn(role, `select from ${table}`)) found.push(table);
    }
    return found;
  };

  /** Nothing is left to do, for the provider, the psql script and `verify`. */
  const isAsPlanned = async (made: StoredResource, given: object): Promise<void> => {
    bed.clearLog();
    expect((await bed.refresh(made))?.state).toEqual(made.state);
    expect(await bed.diff(made)).toEqual([]);
    if (hasPsql) {
      const { exitCode, output } = await psql(bed, toScript(bed, given), verifiersOf(made));
      expect(exitCode, output).toBe(0);
    }
    const changes = bed.writes().filter((statement) => !statement.includes("PASSWORD"));
    expect(changes).toEqual([]);
    expect(await failures(given)).toEqual([]);
  };

  const failures = (given: object) => failuresOf(bed, { basketball: given });

  it("gives a role what its entry says, where it says so, and nothing else", async () => {
    // Not before the next run: a default privilege asks for no name.
    expect(atFirst).toEqual([]);
    const found = await bed.refresh(first);
    const made = await bed.up(first.inputs, found);
    expect(await readBy("basketball_ro", tables)).toEqual(["open", "hr.bills", "tenant_1.t"]);
    expect(await readBy("basketball_bi", tables)).toEqual(["hr.bills", "tenant_1.t"]);
    expect(await readBy("basketball_rw", tables)).toEqual(tables);
    expect(await isLetIn("basketball_bi", "update hr.bills set id = 1")).toBe(true);
    expect(await isLetIn("basketball_bi", "truncate hr.bills")).toBe(false);
    expect(await isLetIn("basketball_rw", "truncate hr.bills")).toBe(true);
    expect(await isLetIn("basketball_rw", "truncate hr.salaries")).toBe(false);
    await isAsPlanned(made, entry);
    // Such a table is open to the role with the others, until somebody says otherwise.
    await as("basketball", "create table tenant_1.more (id int)");
    expect(await readBy("basketball_rw", ["tenant_1.more"])).toEqual(["tenant_1.more"]);
    expect(await readBy("basketball_ro", ["tenant_1.more"])).toEqual([]);
  });

  it("takes back what was given on such a table by hand, and gives back what was taken", async () => {
    const made = await bed.up(inputsOf("basketball", entry));
    const before = await failures(entry);
    await as(
      "basketball",
      `grant select on hr.salaries to basketball_ro; revoke update on hr.bills from basketball_bi;
       grant select (note) on hr.salaries to basketball_bi;
       alter default privileges in schema hr grant select on tables to basketball_ro`,
    );
    expect(before).toEqual([]);
    expect((await failures(entry)).join("\n")).toMatch(
      /basketball_bi: .*has SELECT on table hr.salaries \(some columns\)(.|\n)*basketball_ro: .*has SELECT on table hr.salaries in/,
    );
    const found = await bed.refresh(made);
    const after = await bed.up(made.inputs, found);
    expect(await readBy("basketball_ro", tables)).toEqual(["open", "hr.bills", "tenant_1.t"]);
    expect(await readBy("basketball_bi", ["hr.salaries"])).toEqual([]);
    expect(await isLetIn("basketball_bi", "update hr.bills set id = 1")).toBe(true);
    await isAsPlanned(after, entry);
  });

  it("names what an entry names and the database does not have", async () => {
    const wrong = {
      roles: {
        ro: { profile: "readonly", except: ["salarys", 'hr."a.b"'] },
        bi: { privileges: [{ schema: "hr", tables: { bill: ["SELECT"] } }] },
      },
      database: { schemas: ["hr", "tenant_*"] },
    };
    const made = await bed.up(inputsOf("basketball", wrong));
    bed.reports.length = 0;
    await bed.refresh(made);
    const said = bed.reports.join("\n");
    expect(said).toContain('basketball.roles.ro.except names "salarys", "hr.a.b", which database');
    expect(said).toContain('basketball.roles.bi.privileges names "hr.bill", which database');
  });

  it("opens each schema that the owner has or makes, where the entry says all", async () => {
    const made = await bed.up(inputsOf("basketball", all));
    await as(
      "basketball",
      `create schema reporting; create table reporting.t (id int);
       create schema own; create table own.t (id int)`,
    );
    // The owner's default privileges did that.
    const now = ["own.t", "hr.salaries", "reporting.t", "tenant_1.t"];
    expect(await readBy("basketball_ro", now)).toEqual(now);
    expect(await readBy("basketball_shy", now)).toEqual(["tenant_1.t"]);
    expect(await readBy("basketball_bi", now)).toEqual([]);
    const found = await bed.refresh(made);
    const after = await bed.up(made.inputs, found);
    expect(await readBy("basketball_shy", now)).toEqual(["own.t", "reporting.t", "tenant_1.t"]);
    expect(await readBy("basketball_bi", now)).toEqual(["reporting.t"]);
    await isAsPlanned(after, all);
    const revoke = "alter default privileges revoke usage on schemas from basketball_ro";
    await as("basketball", revoke);
    expect(await failures(all)).toEqual([
      "basketball: basketball: schemas to come: not yet: role basketball_ro gets USAGE on every schema that basketball will create",
    ]);
    const whole = await bed.up(after.inputs, await bed.refresh(after));
    await isAsPlanned(whole, all);
  });

  it("leaves nothing of it behind when the role leaves", async () => {
    const made = await bed.up(inputsOf("basketball", all));
    await bed.up(inputsOf("basketball"), made);
    for (const role of ["basketball_ro", "basketball_shy", "basketball_bi"]) {
      expect(
        await bed.sql(
          `select defaclacl::text as acl from pg_default_acl where defaclacl::text like '%${role}%'
           union all select nspacl::text from pg_namespace where nspacl::text like '%${role}%'
           union all select relacl::text from pg_class where relacl::text like '%${role}%'`,
          "basketball",
        ),
      ).toEqual([]);
    }
  });
});
