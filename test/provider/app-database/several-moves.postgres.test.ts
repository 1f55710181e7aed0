import { describe, expect, it } from "vitest";
import { inspectServerForAdopt } from "../../../cli/adopt/facts.ts";
import { proposeApps } from "../../../cli/adopt/propose.ts";
import { eachDatabase } from "../../../components/config/databases.ts";
import { verifierEnvironment } from "../../../components/config/derive/names.ts";
import { planDatabases } from "../../../components/postgres/plan/plan.ts";
import { toPsqlScript } from "../../../components/postgres/psql/script.ts";
import { withServer } from "../../../components/postgres/server/reach.ts";
import { makeVerifier } from "../../../components/postgres/verifier.ts";
import type { PropertyMap } from "../../../provider/rpc/property-values.ts";
import type { StoredResource } from "../../../provider/rpc/resource-handler.ts";
import { listChecks } from "../../cli/verify/bed.ts";
import { readAppCatalog } from "../../fakes/app-catalog.ts";
import { writeStack } from "../../fakes/stack.ts";
import { hasPsql, psql } from "../../postgres/psql/run.ts";
import { adminCredential, inputsOfApp, ownershipRole, rolePassword, toUrn } from "./bed.ts";
import { toSpec, verify } from "./servers.ts";
import { count, toApp, up } from "./several.ts";
import { keepNeighbour, useBed } from "./use-bed.ts";

/** What comes, goes and moves among the databases of an app, and every other way to them. */

const bed = useBed();
keepNeighbour(bed);

describe("moves", () => {
  const plant = (role: string, database: string) =>
    bed.sqlAs(role, database, "create table kept as select 1 as id");
  const rows = async (database: string): Promise<number> =>
    (await bed.sql("select id from kept", database)).length;

  it("adds one to an app that has one, and the first changes in nothing but the list", async () => {
    const before = await up(bed, toApp(bed, "add", { database: { name: "add_main" } }));
    await plant("add", "add_main");
    const app = toApp(bed, "add", { database: { names: ["add_main", "add_log"] } });
    const [first] = eachDatabase(app);
    const old = before.get("add");
    if (old === undefined) throw new Error("not made");
    expect(await bed.diff(old, inputsOfApp(first))).toEqual(["database.names"]);
    bed.clearLog();
    await up(bed, app, before);
    expect(bed.writes().filter((statement) => /add_main|ROLE/.test(statement))).toEqual([]);
    expect([await rows("add_main"), await count(bed, "add_log")]).toEqual([1, 1]);
  });

  it.each(["retain", "delete"])("keeps one that leaves the list, with %s", async (policy) => {
    const app = `less-${policy}`;
    const [main, log] = [`${policy}_main`, `${policy}_log`];
    const entry = (names: string[]) =>
      toApp(bed, app, { reclaimPolicy: policy, database: { names } });
    const before = await up(bed, entry([main, log]));
    await plant(`less_${policy}`, log);
    const after = await up(bed, entry([main]), before);
    expect([...after.keys()]).toEqual([app]);
    expect(await rows(log)).toBe(1);
    await bed.sqlAs(`less_${policy}`, log, "select * from kept");
    // And it comes back as it is.
    const again = await up(bed, entry([main, log]), after);
    for (const one of again.values()) expect(await bed.diff(one)).toEqual([]);
    expect(await rows(log)).toBe(1);
  });

  it("changes nothing on the server where the first and the second change places", async () => {
    const entry = (names: string[]) =>
      toApp(bed, "swap", {
        reclaimPolicy: "delete",
        database: { names },
        roles: { ro: { profile: "readonly" } },
      });
    const before = await up(bed, entry(["swap_a", "swap_b"]));
    for (const name of ["swap_a", "swap_b"]) await plant("swap", name);
    const settled = await up(bed, entry(["swap_a", "swap_b"]), before);
    bed.clearLog();
    bed.reports.length = 0;
    const after = await up(bed, entry(["swap_b", "swap_a"]), settled);
    expect(bed.writes().filter((statement) => !/PASSWORD/.test(statement))).toEqual([]);
    expect(bed.reports.join("\n")).not.toContain("drop");
    expect([...after].map(([name, { id }]) => [name, id])).toEqual([
      ["swap", "swap_b"],
      ["swap/swap_a", "swap_a"],
    ]);
    for (const one of after.values()) expect(await bed.diff(one)).toEqual([]);
    expect([await rows("swap_a"), await rows("swap_b")]).toEqual([1, 1]);
  });

  it("revokes what a role had in each that leaves the entry, and never drops it", async () => {
    const entry = (roles: object) =>
      toApp(bed, "gone", {
        reclaimPolicy: "delete",
        database: { names: ["gone_main", "gone_log"] },
        roles,
      });
    const before = await up(bed, entry({ ro: { profile: "readonly" } }));
    const after = await up(bed, entry({}), before);
    for (const one of after.values()) expect(await bed.diff(one)).toEqual([]);
    expect(
      await bed.sql("select rolcanlogin as can_login from pg_roles where rolname = 'gone_ro'"),
    ).toEqual([{ can_login: false }]);
    expect(await bed.sql("select datname from pg_database where datacl::text ~ 'gone_ro'")).toEqual(
      [],
    );
  });

  it("drops all of an app that leaves only where each is confirmed, its roles with the first", async () => {
    const app = toApp(bed, "bye", {
      reclaimPolicy: "delete",
      database: { names: ["bye_main", "bye_log"] },
    });
    const made = [...(await up(bed, app)).values()];
    const [main, log] = made;
    if (main === undefined || log === undefined) throw new Error("not made");
    await expect(bed.remove(log, { confirmDelete: ["bye_main"] })).rejects.toThrow(
      'confirmDelete does not name database "bye_log"',
    );
    const confirmDelete = ["bye_main", "bye_log"];
    await bed.remove(log, { confirmDelete });
    expect([await count(bed, "bye_main"), await count(bed, "bye_log")]).toEqual([1, 0]);
    expect(await bed.sqlAs("bye", "bye_main", "select 1 as one")).toEqual([{ one: 1 }]);
    // A run that was stopped goes on.
    await bed.remove(log, { confirmDelete });
    await bed.remove(main, { confirmDelete });
    expect(await count(bed, "bye_main")).toBe(0);
    expect(await bed.sql("select from pg_roles where rolname = 'bye'")).toEqual([]);
  });

  it("refuses one that is a neighbour's, and one that another role owns", async () => {
    await bed.sql("create role stranger");
    await bed.sql("create database strange_log owner stranger");
    const app = toApp(bed, "strange", { database: { names: ["strange_main", "strange_log"] } });
    bed.clearLog();
    await expect(up(bed, app)).rejects.toThrow(
      'database "strange_log" belongs to role "stranger", not to "strange"',
    );
    expect(bed.writes().join("\n")).not.toContain("strange_log");
    const [, further] = eachDatabase(app);
    if (further === undefined) throw new Error("there is no second database");
    const handler = await bed.provider();
    const inputs: PropertyMap = inputsOfApp({
      ...further,
      database: { ...further.database, name: "paperless" },
    });
    const { failures } = await handler.check({ urn: toUrn("x"), oldInputs: {}, newInputs: inputs });
    await handler.close();
    expect(failures.map(({ reason }) => reason)).toContain(
      '"paperless" is reserved (berth:postgres.reserved)',
    );
  });

  it("adopts both that somebody made by hand, with the entry that adopt proposes, and changes neither", async () => {
    await bed.sql(`create role hand login password '${rolePassword("hand")}'`);
    await bed.sql("grant hand to coachlight_admin with admin true, inherit true, set true");
    for (const name of ["hand_main", "hand_log"]) {
      await bed.sql(`create database ${name} owner hand`);
      await plant("hand", name);
    }
    const spec = toSpec(bed, {});
    const facts = await withServer(spec.postgres, (server) =>
      inspectServerForAdopt(server, adminCredential, spec.postgres),
    );
    const { apps } = proposeApps({ spec, values: writeStack({}) }, facts);
    const entry = { ...apps.find(({ key }) => key === "hand")?.entry };
    expect(entry).toMatchObject({ adopt: true, database: { names: ["hand_main", "hand_log"] } });
    await expect(
      up(bed, toApp(bed, "hand", { database: { names: ["hand_main"] }, adopt: true })),
    ).rejects.toThrow('role "hand" exists and owns the database "hand_log" as well');
    bed.clearLog();
    const made = await up(bed, toApp(bed, "hand", entry));
    expect(
      bed.writes().filter((statement) => !/"berth_prod"|PASSWORD|TO CURRENT_USER/.test(statement)),
    ).toEqual([]);
    for (const one of made.values()) expect(await bed.diff(one)).toEqual([]);
    expect([await rows("hand_main"), await rows("hand_log")]).toEqual([1, 1]);
  });
});

describe("two logins, and the psql script", () => {
  it("either login owns what it makes in each database", async () => {
    const entry = {
      owner: { rotation: "two-logins" },
      database: { names: ["duo_main", "duo_log"] },
    };
    const app = toApp(bed, "duo", entry);
    const made = new Map<string, StoredResource>();
    for (const one of eachDatabase(app)) {
      const { verifiers, ...inputs } = inputsOfApp(one);
      const known = Object.entries(verifiers as PropertyMap).filter(([key]) => key === "owner-a");
      const found = await bed.up({ ...inputs, verifiers: Object.fromEntries(known) });
      made.set(one.database.name, found);
      await bed.sqlAs("duo_a", one.database.name, "create table t (id int)");
      expect(
        await bed.sql(
          "select tableowner::text from pg_tables where tablename = 't'",
          one.database.name,
        ),
      ).toEqual([{ tableowner: "duo_role" }]);
    }
    for (const one of made.values()) expect(await bed.diff(one)).toEqual([]);
    expect(listChecks(await verify(bed, { duo: entry }), "failed")).toEqual([]);
  });

  it.skipIf(!hasPsql)(
    "the script ends in the same catalog as the provider, and again changes nothing",
    async () => {
      const entry = {
        database: {
          names: ["same_main", "same_log"],
          settings: { work_mem: "8MB" },
          schemas: ["billing"],
          extensions: ["cube"],
        },
        roles: { ro: { profile: "readonly" } },
      };
      const app = toApp(bed, "same", entry);
      const { systemIdentifier } = bed;
      const target = { maintenanceDatabase: "postgres", ownershipRole, stack: undefined };
      const plans = planDatabases(app, { ownershipRole } as never);
      const script = toPsqlScript(plans, { ...target, systemIdentifier });
      const verifiers = plans[0].roles.map(({ key, name }) => [
        verifierEnvironment(key),
        makeVerifier(rolePassword(name), name),
      ]);
      const env = Object.fromEntries(verifiers) as Record<string, string>;
      const names = { roles: ["same", "same_ro", ownershipRole], databases: entry.database.names };
      const read = () => readAppCatalog((statement, at) => bed.sql(statement, at), names);
      expect(await psql(bed, script, env)).toEqual({ exitCode: 0, output: "app same: as planned" });
      const first = await read();
      expect(await psql(bed, script, env)).toMatchObject({ exitCode: 0 });
      expect(await read()).toEqual(first);
      const made = await up(bed, app);
      expect(await read()).toEqual(first);
      for (const one of made.values()) expect(await bed.diff(one)).toEqual([]);
      await bed.sql("alter database same_log owner to postgres");
      const refused = await psql(bed, script, env);
      expect(refused.exitCode).toBe(3);
      expect(refused.output).toContain('database "same_log" exists and belongs to role "postgres"');
    },
  );
});
