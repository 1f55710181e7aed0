import { describe, expect, it } from "vitest";
import { listChecks } from "../../cli/verify/bed.ts";
import { closePublic, servers, verify } from "./servers.ts";
import { toApp, up } from "./several.ts";
import { keepNeighbour, useBed } from "./use-bed.ts";

/** An app with several databases of one owner, on each Postgres. */

describe.each(servers)("on Postgres %s (%s), as a superuser: %s", (_, packageName, isSuperuser) => {
  const bed = useBed({ packageName, isSuperuser });
  keepNeighbour(bed);
  const close = async (app: string, names: readonly string[]): Promise<void> => {
    for (const name of names) await closePublic(bed, app, name);
  };

  it("makes each with all that the entry says, lets each role log in to each, and then changes nothing", async () => {
    const entry = {
      database: {
        names: ["arr_main", "arr_log"],
        connectionLimit: 20,
        settings: { work_mem: "8MB" },
        schemas: ["billing"],
        extensions: ["cube"],
      },
      roles: { ro: { profile: "readonly" } },
    };
    const made = await up(bed, toApp(bed, "arr", entry));
    expect([...made.keys()]).toEqual(["arr", "arr/arr_log"]);
    await close("arr", entry.database.names);
    for (const name of entry.database.names) {
      await bed.sqlAs("arr", name, "create table billing.t (id int)");
      await bed.sqlAs("arr_ro", name, "select * from billing.t");
      await expect(bed.sqlAs("arr_ro", name, "delete from billing.t")).rejects.toThrow(
        "permission denied",
      );
    }
    for (const one of made.values()) {
      expect(await bed.diff(one)).toEqual([]);
      const { unstated = [], ...state } = (await bed.refresh(one))?.state ?? {};
      expect(state, JSON.stringify(unstated)).toEqual(one.state);
    }
    const verdict = await verify(bed, { arr: entry });
    expect(listChecks(verdict, "failed")).toEqual([]);
    const names = verdict.apps.flatMap(({ checks }) => checks.map(({ name }) => name));
    for (const role of ["arr", "arr_ro"]) {
      for (const name of entry.database.names)
        expect(names).toContain(`${role}: can log in to ${name}`);
    }
    expect(names.filter((name) => name.startsWith("neighbours untouched"))).toHaveLength(1);
  });

  it("finds and repairs what somebody changed in one of them, and verify names the database", async () => {
    const entry = {
      database: { names: ["fix_main", "fix_log"] },
      roles: { ro: { profile: "readonly" } },
    };
    const app = toApp(bed, "fix", entry);
    const made = await up(bed, app);
    await close("fix", entry.database.names);
    await bed.sql("revoke connect on database fix_log from fix_ro");
    const log = made.get("fix/fix_log");
    const main = made.get("fix");
    if (log === undefined || main === undefined) throw new Error("not made");
    expect(await bed.diff(main)).toEqual([]);
    expect(await bed.diff(log)).toEqual(["roles.ro.grants.database"]);
    expect(listChecks(await verify(bed, { fix: entry }), "failed").join("\n")).toMatch(
      /fix: fix_ro: can log in to fix_log/,
    );
    await up(bed, app, made);
    expect(listChecks(await verify(bed, { fix: entry }), "failed")).toEqual([]);
    await bed.sql("drop database fix_log");
    expect(listChecks(await verify(bed, { fix: entry }), "failed")).toEqual([
      'fix: fix: is on the server: database "fix_log" is not on the server yet',
    ]);
    await expect(up(bed, app, made)).rejects.toThrow('database "fix_log" was there and is gone');
  });
});
