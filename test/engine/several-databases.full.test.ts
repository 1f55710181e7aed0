import { beforeAll, describe, expect, it } from "vitest";
import { keepSafe, useBed } from "./use-bed.ts";

/** An app with several databases in a real state: each name that comes, goes or moves, and the app that leaves. */

const bed = useBed();
keepSafe(bed);

beforeAll(async () => {
  await bed.addLogin("radarr-db-credentials", "radarr", "Canary0Radarr0Password");
});

const names = ["radarr_main", "radarr_log"];

function setEntry(list: readonly string[] | undefined, more: Record<string, unknown> = {}) {
  bed.configure((config) => {
    if (list === undefined) delete config["berth:apps"]["radarr"];
    else config["berth:apps"]["radarr"] = { reclaimPolicy: "delete", database: { names: list } };
    Object.assign(config["berth:postgres"], more);
  });
}

/** And nothing is left to do. */
async function settle(): Promise<string> {
  const output = await bed.bringUp();
  await bed.expectNoChanges();
  return output;
}

const databases = async () =>
  (
    await bed.sql<{ name: string }>(
      "select datname::text as name from pg_database where datname ~ '^radarr' order by 1",
    )
  ).map(({ name }) => name);
const rows = async (name: string) => (await bed.sql("select id from kept", name)).length;

describe("an app with several databases", () => {
  it("is made, and a second run changes nothing", async () => {
    setEntry(["radarr_main"]);
    await bed.bringUp();
    setEntry(names);
    expect(await settle()).toContain("radarr/radarr_log");
    for (const name of names) {
      const login = bed.login("radarr-db-credentials");
      await bed.sqlAs(login, name, "create table kept as select 1 as id");
    }
    const refreshed = await bed.pulumi(["refresh", "--yes", "--skip-preview"]);
    expect(refreshed.exitCode, refreshed.output).toBe(0);
    await bed.expectNoChanges();
  });

  it("is imported one by one after its state is lost", async () => {
    const urn = "urn:pulumi:dev::berth::berth:postgres:AppDatabase::radarr/radarr_log";
    await bed.pulumi(["state", "delete", urn, "--yes", "--target-dependents"]);
    const type = "berth:postgres:AppDatabase";
    const wrong = await bed.pulumi(["import", type, "radarr/radarr_log", "radarr_main", "--yes"]);
    expect(wrong.output).toContain('its database is "radarr_log", not "radarr_main"');
    const found = await bed.pulumi(["import", type, "radarr/radarr_log", "radarr_log", "--yes"]);
    expect(found.exitCode, found.output).toBe(0);
    await settle();
  });

  it("changes nothing on the server where its names change places", async () => {
    const oids = () => bed.sql("select oid, datname, datacl::text from pg_database order by 1");
    const before = await oids();
    setEntry(names.toReversed());
    expect(await settle()).not.toContain("stays on the server");
    expect(await oids()).toEqual(before);
    setEntry(names);
    await bed.bringUp();
    expect([await rows("radarr_main"), await rows("radarr_log")]).toEqual([1, 1]);
  });

  it("says of a name that goes that its database stays, already in the preview", async () => {
    setEntry(["radarr_main"]);
    const said = 'app radarr: database "radarr_log" left the entry and stays on the server';
    expect((await bed.preview()).output).toContain(said);
    expect(await settle()).toContain(said);
    expect(await rows("radarr_log")).toBe(1);
    setEntry(names);
    await settle();
    expect(await rows("radarr_log")).toBe(1);
  });

  it("is dropped only where each of its databases is confirmed", async () => {
    setEntry(names, { confirmDelete: ["radarr_main"] });
    await bed.bringUp();
    setEntry(undefined);
    expect(await bed.failUp()).toContain("confirmDelete: [radarr_log]");
    expect(await databases()).toEqual(names.toSorted());
    setEntry(undefined, { confirmDelete: names });
    await bed.bringUp();
    expect(await databases()).toEqual([]);
    expect(await bed.sql("select from pg_roles where rolname = 'radarr'")).toEqual([]);
  });
});
