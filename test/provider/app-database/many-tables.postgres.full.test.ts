import { expect, it } from "vitest";
import { inputsOf } from "./bed.ts";
import { useBed } from "./use-bed.ts";

/** More tables than one transaction could lock with the server's default settings. */
const tables = 20_000;

const bed = useBed();

it("a role that comes later gets its privileges on any number of tables", async () => {
  const made = await bed.up(inputsOf("many"));
  await bed.sqlAs(
    "many",
    "many",
    `create procedure public.fill() language plpgsql as $$
     begin
       for n in 1..${String(tables)} loop
         execute format('create table public.t%s ()', n);
         if n % 500 = 0 then commit; end if;
       end loop;
     end $$`,
  );
  await bed.sqlAs("many", "many", "call public.fill()");
  bed.reports.length = 0;
  expect(
    await bed.diff(made, inputsOf("many", { roles: { ro: { profile: "readonly" } } })),
  ).toContain("roles.ro");
  expect(bed.reports.join().length).toBeLessThan(10_000);
  await bed.up(inputsOf("many", { roles: { ro: { profile: "readonly" } } }), made);
  const readable = await bed.sqlAs(
    "many_ro",
    "many",
    `select count(*)::int as readable from pg_class
     where relnamespace = 'public'::regnamespace and relkind = 'r' and has_table_privilege(oid, 'SELECT')`,
  );
  expect(readable).toEqual([{ readable: tables }]);
}, 180_000);
