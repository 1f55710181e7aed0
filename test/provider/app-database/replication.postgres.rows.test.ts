import { afterEach, describe, expect, it } from "vitest";
import { PartialFailure, type StoredResource } from "../../../provider/rpc/resource-handler.ts";
import { hasPsql, psql, toScript } from "../../postgres/psql/run.ts";
import { inputsOf, toUrn } from "./bed.ts";
import { closePublic, failuresOf, servers, verifiersOf } from "./servers.ts";
import { useBed } from "./use-bed.ts";

/** REPLICATION and publications, for change data capture: stated, made where the admin may, and otherwise printed. */

const cdc = { roles: { cdc: { profile: "readonly", replication: true } } };
const publishing = { database: { publications: { events: ["orders", 'shop."o.d\'d ""%I"'] } } };

describe.each(servers)(
  "on Postgres %s (%s), as a superuser: %s",
  (version, packageName, isSuperuser) => {
    const bed = useBed({ packageName, isSuperuser });

    afterEach(async () => {
      await bed.sql("alter role coachlight_admin noreplication");
      await bed.sql("drop database if exists basketball with (force)");
      await bed.sql("drop role if exists basketball_cdc; drop role if exists basketball");
    });

    /** With all that a superuser must do, as it is printed. */
    const up = async (given: Record<string, unknown>): Promise<StoredResource> => {
      const inputs = inputsOf("basketball", given);
      const made = await bed.up(inputs).catch((error: unknown) => error);
      if (!(made instanceof Error)) return made as StoredResource;
      expect(made.message).toContain("everything else is done");
      if (!(made instanceof PartialFailure)) throw made;
      const [, where = "postgres", statement = ""] =
        /as a superuser(?:, in database (\S+))?(?: run)?: (.*)/.exec(made.message) ?? [];
      await bed.sql(statement, where);
      const { id, state } = made;
      return await bed.up(inputs, { urn: toUrn("x"), id, inputs, state });
    };
    const attributes = (role: string) =>
      bed.sql<{ replicates: boolean }>(
        `select rolreplication as replicates from pg_roles where rolname = '${role}'`,
      );
    const runScript = (given: object, made?: StoredResource) =>
      psql(bed, toScript(bed, given), made && verifiersOf(made));
    const failures = (given: object) => failuresOf(bed, { basketball: given });
    const tablesOf = (name: string) =>
      bed.sql(
        `select format('%I.%I', schemaname, tablename) as table from pg_publication_tables where pubname = '${name}' order by 1`,
        "basketball",
      );

    it("gives REPLICATION that is stated, and does not report it", async () => {
      const made = await up(cdc);
      await closePublic(bed, "basketball");
      expect(await attributes("basketball_cdc")).toEqual([{ replicates: true }]);
      expect(await bed.diff(made)).toEqual([]);
      bed.reports.length = 0;
      await bed.refresh(made);
      expect(bed.reports.join("\n")).not.toContain("REPLICATION");
      expect(await failures(cdc)).toEqual([]);
      await bed.sql("alter role basketball_cdc noreplication");
      expect((await failures(cdc)).join("\n")).toContain("no REPLICATION, which its entry states");
    });

    it("gives it by itself where the admin may", async () => {
      await bed.sql("alter role coachlight_admin replication");
      const isAble = isSuperuser || Number(version) >= 16;
      const inputs = inputsOf("basketball", cdc);
      const error = await bed.up(inputs).then(() => "", String);
      expect(error === "", error).toBe(isAble);
      if (!isAble) expect(error).toContain('ALTER ROLE "basketball_cdc" REPLICATION');
      expect(await attributes("basketball_cdc")).toEqual([{ replicates: isAble }]);
    });

    it.runIf(isSuperuser || Number(version) >= 16)(
      "takes it back when it leaves the entry",
      async () => {
        await bed.sql("alter role coachlight_admin replication");
        const made = await bed.up(inputsOf("basketball", cdc));
        await bed.up(inputsOf("basketball", { roles: { cdc: { profile: "readonly" } } }), made);
        expect(await attributes("basketball_cdc")).toEqual([{ replicates: false }]);
      },
    );

    it.runIf(!isSuperuser && Number(version) >= 16)(
      "that nobody stated and the admin may not take back is printed, after the rest is done",
      async () => {
        const made = await bed.up(inputsOf("basketball", {}));
        await bed.sql("alter role basketball replication");
        const limited = inputsOf("basketball", { owner: { connectionLimit: 7 } });
        const error = await bed.up(limited, made).then(() => "", String);
        expect(error).toContain("everything else is done");
        const [, statement = ""] = /as a superuser run: (.*)/.exec(error) ?? [];
        const limit = "select rolconnlimit as n from pg_roles where rolname = 'basketball'";
        expect(await bed.sql(limit)).toEqual([{ n: 7 }]);
        await bed.sql(statement);
        expect(await attributes("basketball")).toEqual([{ replicates: false }]);
        await bed.up(limited, await bed.refresh(made));
      },
    );

    it.runIf(hasPsql)("the psql script does the same", async () => {
      const roles = { cdc: { profile: "readonly" } };
      const made = await bed.up(inputsOf("basketball", { roles }));
      const first = await runScript(cdc, made);
      if (isSuperuser) {
        expect(first.exitCode, first.output).toBe(0);
      } else {
        expect(first.output).toContain("everything else is done");
        expect(first.output).toContain("ALTER ROLE basketball_cdc REPLICATION");
        await bed.sql("alter role basketball_cdc replication");
      }
      expect(await attributes("basketball_cdc")).toEqual([{ replicates: true }]);
      const again = await runScript(cdc, made);
      const isLocked = !isSuperuser && Number(version) < 16;
      expect(again.exitCode, again.output).toBe(isLocked ? 3 : 0);
      if (isLocked) expect(again.output).toContain("has REPLICATION, and role");
    });

    it("makes a publication of the tables that are there, and adds those that come", async () => {
      const made = await bed.up(inputsOf("basketball", publishing));
      await closePublic(bed, "basketball");
      expect(await tablesOf("events")).toEqual([]);
      await bed.sqlAs("basketball", "basketball", "create table orders (id int primary key)");
      bed.reports.length = 0;
      const found = await bed.refresh(made);
      expect(bed.reports.join("\n")).toContain('publications.events names "shop"."o.d\'d ""%I"');
      const next = await bed.up(made.inputs, found);
      expect(await tablesOf("events")).toEqual([{ table: "public.orders" }]);
      await bed.sqlAs(
        "basketball",
        "basketball",
        `create schema shop; create table shop."o.d'd ""%I" (id int)`,
      );
      if (hasPsql) {
        const { exitCode, output } = await runScript(publishing);
        expect(exitCode, output).toBe(0);
      } else {
        await bed.up(next.inputs, await bed.refresh(next));
      }
      expect(await tablesOf("events")).toHaveLength(2);
      expect(await bed.diff(next)).toEqual([]);
      expect(await failures(publishing)).toEqual([]);
      const owner = "select pubowner::regrole::text as owner from pg_publication";
      expect(await bed.sql(owner, "basketball")).toEqual([{ owner: "basketball" }]);
    });

    it.runIf(hasPsql)("the psql script makes it, too", async () => {
      await bed.up(inputsOf("basketball", {}));
      await bed.sqlAs("basketball", "basketball", "create table orders (id int primary key)");
      const { exitCode, output } = await runScript(publishing);
      expect(exitCode, output).toBe(0);
      expect(await tablesOf("events")).toEqual([{ table: "public.orders" }]);
      const made = await bed.up(inputsOf("basketball", publishing));
      expect(await bed.diff(made)).toEqual([]);
      const all = { database: { publications: { events: "all" } } };
      expect((await runScript(all)).output).toContain("is for single tables, which cannot change");
    });

    it("shows tables that the entry does not list, with the statement that takes them out", async () => {
      const made = await bed.up(inputsOf("basketball", publishing));
      await bed.sqlAs(
        "basketball",
        "basketball",
        "create table salaries (id int); alter publication events add table salaries",
      );
      bed.reports.length = 0;
      await bed.refresh(made);
      const said = bed.reports.join("\n");
      const [, statement = ""] =
        /in database basketball: (ALTER PUBLICATION [^;]*);/.exec(said) ?? [];
      await bed.sql(statement, "basketball");
      expect(await tablesOf("events")).toEqual([]);
    });

    it("makes a publication of all tables, where a superuser has to", async () => {
      const all = { database: { publications: { cdc: "all" } } };
      const made = await up(all);
      await closePublic(bed, "basketball");
      expect(await bed.diff(made)).toEqual([]);
      if (hasPsql) expect((await runScript(all)).exitCode).toBe(0);
      const without = await bed.up(inputsOf("basketball", {}), made);
      expect(bed.reports.join("\n")).toContain('publication "cdc" left the entry and stays');
      expect(await bed.diff(without)).toEqual([]);
      await bed.sql("drop publication cdc", "basketball");
      if (hasPsql && !isSuperuser) {
        expect((await runScript(all)).output).toContain(
          'in database basketball: CREATE PUBLICATION "cdc" FOR ALL TABLES;',
        );
      }
    });
  },
);
