import { beforeAll, describe, expect, it } from "vitest";
import type { StoredResource } from "../../../provider/rpc/resource-handler.ts";
import { inputsOf, toUrn } from "./bed.ts";
import { bothAdmins, useBed } from "./use-bed.ts";

/** Extensions that cannot be had, or only by a superuser, on a real Postgres with both kinds of admin. */

const roles = { admin: { profile: "readwrite", name: "admin_app" } };

describe.each(bothAdmins)("as $admin", ({ isSuperuser }) => {
  const bed = useBed({ isSuperuser });
  let made: StoredResource;

  beforeAll(async () => {
    made = await bed.up(inputsOf("basketball", { roles, database: { schemas: ["billing"] } }));
  });

  it.each<[string, unknown, RegExp]>([
    [
      "that the server does not have",
      ["nonesuch"],
      /extension "nonesuch" .* is not on the server\n +fix: install the package/,
    ],
    [
      "in a version that it does not have",
      [{ name: "cube", version: "99" }],
      /is not there in version 99/,
    ],
    [
      "in another schema than it can be in",
      ["plperl"],
      /can only be in schema "pg_catalog"\n +fix: write \{ name: plperl, schema: pg_catalog \}/,
    ],
  ])("refuses an extension %s, before anything is made", async (_, extensions, message) => {
    bed.clearLog();
    const inputs = inputsOf("later", { database: { extensions } });
    await expect(bed.up(inputs)).rejects.toThrow(message);
    expect(bed.writes()).toEqual([]);
  });

  it("does not move an extension, and updates it only to a version that is asked for", async () => {
    await bed.sql("create extension hstore schema billing version '1.7'", "basketball");
    const moved = inputsOf("basketball", { roles, database: { extensions: ["hstore"] } });
    await expect(bed.up(moved, made)).rejects.toThrow(
      /is in schema "billing", not in "public"; Berth does not move it/,
    );
    const ask = (version?: string) =>
      inputsOf("basketball", {
        roles,
        database: {
          schemas: ["billing"],
          extensions: [
            { name: "hstore", schema: "billing", ...(version === undefined ? {} : { version }) },
          ],
        },
      });
    made = await bed.up(ask(), made);
    const installed = () =>
      bed.sql("select extversion as v from pg_extension where extname = 'hstore'", "basketball");
    expect(await installed()).toEqual([{ v: "1.7" }]);
    if (!isSuperuser) {
      await bed.sql("revoke usage on schema billing from admin_app", "basketball");
      await expect(bed.up(ask("1.8"), made)).rejects.toThrow(
        /everything else is done.*only its owner or a superuser can update it.*as a superuser, in database basketball: ALTER EXTENSION "hstore" UPDATE TO '1.8'/s,
      );
      const repaired = await bed.sqlAs<{ may: boolean }>(
        ...(["admin_app", "basketball"] as const),
        "select has_schema_privilege('billing', 'usage') as may",
      );
      expect(repaired).toEqual([{ may: true }]);
      return;
    }
    made = await bed.up(ask("1.8"), made);
    expect(await installed()).toEqual([{ v: "1.8" }]);
  });

  const ownersOf = (database: string) =>
    bed.sql<{ name: string; owner: string }>(
      "select extname as name, pg_get_userbyid(extowner) as owner from pg_extension where extname <> 'plpgsql' order by 1",
      database,
    );

  it("creates what an extension needs before it, and what is trusted as the owner, who may update it", async () => {
    // What the session's own database has says nothing about a new one.
    await bed.sql("create extension cube");
    const entry = { extensions: ["earthdistance", { name: "hstore", version: "1.7" }] };
    const inputs = inputsOf("places", { database: entry });
    bed.clearLog();
    const result = await bed.up(inputs).catch((error: unknown) => error);
    await bed.sql("drop extension cube");
    const blocked = 'in database places: CREATE EXTENSION "earthdistance" SCHEMA "public";';
    if (isSuperuser) {
      expect(bed.writes().filter((statement) => statement.includes("EXTENSION"))).toEqual([
        'SET ROLE "places"; CREATE EXTENSION "cube" SCHEMA "public"; RESET ROLE',
        'CREATE EXTENSION "earthdistance" SCHEMA "public"',
        `SET ROLE "places"; CREATE EXTENSION "hstore" SCHEMA "public" VERSION '1.7'; RESET ROLE`,
      ]);
    } else {
      expect((result as Error).message).toContain(blocked);
      await bed.sql('create extension "earthdistance" schema "public"', "places");
    }
    const trusted = ["cube", "hstore"].map((name) => ({ name, owner: "places" }));
    expect(await ownersOf("places")).toMatchObject([
      trusted[0],
      { name: "earthdistance" },
      trusted[1],
    ]);
    await bed.sqlAs("places", "places", "alter extension hstore update to '1.8'");
    const whole = await bed.up(
      inputsOf("places", { database: { extensions: ["hstore", "earthdistance"] } }),
    );
    expect((await bed.refresh(whole))?.state).toEqual(whole.state);
  });

  it("gives an extension's functions to the owner where the entry says so, and none of a third role", async () => {
    const wanted = { name: "unaccent", functions: "owner" };
    const inputs = inputsOf("accents", { database: { extensions: [wanted] } });
    const isOwners = () =>
      bed.sql(
        `select distinct pg_get_userbyid(proowner) as owner from pg_proc where proname like 'unaccent%'`,
        "accents",
      );
    const up = async (stored?: StoredResource): Promise<StoredResource> => {
      if (isSuperuser) return await bed.up(inputs, stored);
      const failed: unknown = await bed.up(inputs, stored).catch((error: unknown) => error);
      const statement = /in database accents: (DO .*);$/m.exec((failed as Error).message)?.[1];
      expect((failed as Error).message).toContain(
        'extension "unaccent" has functions that belong to others, and role',
      );
      await bed.sql(statement ?? "", "accents");
      return await bed.up(inputs, stored);
    };
    const accents = await up();
    expect(await isOwners()).toEqual([{ owner: "accents" }]);
    await bed.sqlAs("accents", "accents", "alter function unaccent(text) immutable");
    expect((await bed.refresh(accents))?.state).toEqual(accents.state);
    await bed.sql("alter function unaccent(text) owner to postgres", "accents");
    if (isSuperuser) {
      const refreshed = await bed.refresh(accents);
      expect(await bed.diff(refreshed ?? accents)).toEqual(["extensions"]);
    }
    await up(accents);
    expect(await isOwners()).toEqual([{ owner: "accents" }]);
    await bed.sql("create role third; alter function unaccent(text) owner to third", "accents");
    bed.clearLog();
    await bed.up(inputs, accents);
    expect(bed.writes()).toEqual([]);
    expect(await isOwners()).toHaveLength(2);
  });

  it("says what only a superuser can make, after everything else is done, and goes on from there", async () => {
    const inputs = inputsOf("fdw", { database: { extensions: ["file_fdw", "citext"] } });
    if (isSuperuser) {
      await bed.up(inputs);
      return;
    }
    const statement = 'in database fdw: CREATE EXTENSION "file_fdw" SCHEMA "public";';
    expect(await bed.preview(inputs)).toContain(statement);
    const failed: unknown = await bed.up(inputs).catch((error: unknown) => error);
    expect(failed).toMatchObject({ id: "fdw", state: { incomplete: true } });
    expect((failed as Error).message).toContain(statement);
    const half = {
      id: "fdw",
      urn: toUrn("fdw"),
      inputs,
      state: (failed as { state: never }).state,
    };
    expect(await bed.diff(half)).toContain("incomplete");
    const refreshed = await bed.refresh(half);
    expect(await bed.diff(refreshed ?? half)).toContain("extensions");
    await bed.sql('create extension "file_fdw" schema "public"', "fdw");
    const whole = await bed.up(inputs, half);
    expect((await bed.refresh(whole))?.state).toEqual(whole.state);
  });
});
