import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { DatabaseBed, inputsOf } from "./database-bed.ts";

/** Access that came about by other ways than Berth's own, on a real Postgres. */

const ro = { roles: { ro: { profile: "readonly" } } };
const seconds = 1000;
vi.setConfig({ testTimeout: 60 * seconds });

describe("an app whose access others had a hand in", () => {
  let bed: DatabaseBed;

  beforeAll(async () => {
    bed = await DatabaseBed.open();
  }, 60 * seconds);

  afterAll(async () => {
    await bed.close();
  }, 60 * seconds);

  it("takes back what the owner gives on what it makes in any schema, of its roles and of former ones", async () => {
    const made = await bed.up(inputsOf("stwo", ro));
    const give = "alter default privileges grant insert, select on tables to stwo_ro";
    await bed.sqlAs("stwo", "stwo", give);
    const found = await bed.refresh(made);
    expect(found?.state).toMatchObject({
      roles: { ro: { grants: { table: ["INSERT", "SELECT"] } } },
    });
    const after = await bed.up(made.inputs, found);
    await bed.sqlAs("stwo", "stwo", "create table t (id int)");
    await bed.sqlAs("stwo_ro", "stwo", "select from t");
    await expect(bed.sqlAs("stwo_ro", "stwo", "insert into t values (1)")).rejects.toThrow();
    bed.clearLog();
    expect((await bed.refresh(after))?.state).toEqual(made.state);
    await bed.sqlAs("stwo", "stwo", give);
    await bed.up(inputsOf("stwo"), after);
    expect(
      await bed.sql("select from pg_default_acl where defaclacl::text like '%stwo_ro%'", "stwo"),
    ).toEqual([]);
  });
});
