import { afterAll, beforeAll, expect, it } from "vitest";
import { DatabaseBed, inputsOf } from "./bed.ts";

/** A role is in the groups that its entry states, and in no other. */

let bed: DatabaseBed;

beforeAll(async () => {
  bed = await DatabaseBed.open({ isSuperuser: true });
});

afterAll(async () => {
  await bed.close();
});

it("a membership that somebody gave by hand is shown as drift, and taken back", async () => {
  const made = await bed.up(inputsOf("wiki", { roles: { ro: { profile: "readonly" } } }));
  await bed.sql("grant pg_read_all_data to wiki_ro");
  expect(await bed.diff(made)).toEqual(["roles.ro.memberOf"]);
  await bed.up(made.inputs, made);
  const groups = await bed.sql(
    `select roleid::regrole::text as name from pg_auth_members where member = 'wiki_ro'::regrole`,
  );
  expect(groups).toEqual([{ name: "berth_prod" }]);
  expect(await bed.diff(made)).toEqual([]);
});
