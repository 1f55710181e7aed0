import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { rowsOf } from "../../rows.ts";
import { listChecks, openVerifyBed, type VerifyBed } from "./bed.ts";

/**
 * `verify` against a real Postgres finds nothing wrong with apps of every profile and every mix of what an entry can
 * say. With 21 apps each choice of an entry is among them, and most pairs of choices.
 */
describe.each(rowsOf([21], [42]))("verify of %i healthy apps", (count) => {
  let one: VerifyBed;

  beforeAll(async () => {
    one = await openVerifyBed(count);
  }, 300_000);

  afterAll(async () => {
    await one.bed.close();
  });

  it("finds nothing wrong, and warns of those that are left open to PUBLIC", async () => {
    const { spec, verify } = one;
    const verdict = await verify(spec.apps.map(({ name }) => name));
    expect(listChecks(verdict, "failed")).toEqual([]);
    const open = spec.apps.filter(({ database }) => !database.revokePublic);
    const warnings = listChecks(verdict, "warnings").filter((line) => line.includes("PUBLIC: "));
    expect(warnings).toHaveLength(open.length);
    expect(warnings).toContain(
      "app3: PUBLIC: has no privileges on app3: PUBLIC has CONNECT on database app3, which the entry keeps",
    );
  }, 300_000);
});
