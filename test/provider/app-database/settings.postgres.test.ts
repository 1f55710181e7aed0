import { afterEach, describe, expect, it } from "vitest";
import type { PropertyMap } from "../../../provider/rpc/property-values.ts";
import { PartialFailure, type StoredResource } from "../../../provider/rpc/resource-handler.ts";
import { inputsOf, toUrn } from "./bed.ts";
import { keepNeighbour, useBed } from "./use-bed.ts";

/** Settings of roles and databases: set, shown as drift, and reset only where Berth has set them. */

const bed = useBed();
keepNeighbour(bed);

afterEach(async () => {
  await bed.sql("drop database if exists wiki");
  await bed.sql("drop role if exists wiki_ro, wiki");
});

const wiki = (ofRole: object, ofDatabase: object = {}) =>
  inputsOf("wiki", {
    roles: { ro: { profile: "readonly", settings: ofRole } },
    database: { settings: ofDatabase },
  });

async function settingsOf(): Promise<unknown> {
  const rows = await bed.sql<{ name: string; settings: string[] }>(
    `select coalesce(rolname, datname)::text as name, array(select unnest(setconfig) order by 1) as settings
     from pg_db_role_setting
     left join pg_roles r on r.oid = setrole left join pg_database d on d.oid = setdatabase
     where coalesce(rolname, datname) in ('wiki', 'wiki_ro') order by 1`,
  );
  return Object.fromEntries(rows.map(({ name, settings }) => [name, settings]));
}

it("they are set, and a session has them", async () => {
  const made = await bed.up(
    wiki({ statement_timeout: "7s", timezone: "Europe/Oslo" }, { work_mem: "8MB", jit: false }),
  );
  const [shown] = await bed.sqlAs<object>(
    "wiki_ro",
    "wiki",
    `select ${["statement_timeout", "timezone", "work_mem", "jit"].map((one) => `current_setting('${one}') as ${one}`).join(", ")}`,
  );
  expect(shown).toEqual({
    statement_timeout: "7s",
    timezone: "Europe/Oslo",
    work_mem: "8MB",
    jit: "off",
  });
  expect(await bed.diff(made)).toEqual([]);
});

it("what was changed by hand is drift and is set back; what was added by hand stays", async () => {
  const inputs = wiki({ statement_timeout: "7s" }, { work_mem: "8MB" });
  const made = await bed.up(inputs);
  await bed.sql(
    `alter role wiki_ro set statement_timeout = '1h'; alter role wiki_ro set lock_timeout = '9s';
     alter database wiki reset work_mem; alter database wiki set random_page_cost = 2`,
  );
  const paths = ["database.settings.work_mem", "roles.ro.settings.statement_timeout"];
  expect(await bed.diff(made)).toEqual(paths);
  const found = await bed.refresh(made);
  expect(found?.state["database"]).toMatchObject({ settings: {} });
  expect(found?.state["roles"]).toMatchObject({ ro: { settings: { statement_timeout: "1h" } } });
  await bed.up(inputs, found);
  expect(await settingsOf()).toMatchObject({
    wiki: expect.arrayContaining(["random_page_cost=2", "work_mem=8MB"]) as unknown,
    wiki_ro: expect.arrayContaining(["lock_timeout=9s", "statement_timeout=7s"]) as unknown,
  });
});

it("one that leaves the entry is reset, and no other", async () => {
  const made = await bed.up(wiki({ statement_timeout: "7s" }, { work_mem: "8MB" }));
  await bed.sql("alter role wiki_ro set lock_timeout = '9s'");
  const without = await bed.up(wiki({}), made);
  expect(await settingsOf()).toEqual({ wiki_ro: ["lock_timeout=9s"] });
  expect(await bed.diff(without)).toEqual([]);
});

it("one that leaves the entry is reset by the run after one that stopped halfway", async () => {
  const made = await bed.up(wiki({ statement_timeout: "7s" }, { work_mem: "8MB" }));
  const next = wiki({ idle_session_timeout: "1h" });
  const stopped = await stopAfterRoles(made, next);
  await bed.sql("alter role wiki_ro set statement_timeout = '7s'");
  await bed.up(next, { ...made, inputs: next, state: stopped });
  expect(await settingsOf()).toEqual({ wiki_ro: ["idle_session_timeout=1h"] });
});

/** A run whose roles are changed, and whose database has a lock. */
async function stopAfterRoles(made: StoredResource, next: PropertyMap): Promise<PropertyMap> {
  const client = await bed.connect("wiki");
  const handler = await bed.provider();
  try {
    await client.query("begin; alter database wiki set random_page_cost = 2");
    const request = { id: made.id, urn: toUrn("x"), oldInputs: made.inputs, oldState: made.state };
    await handler.update({ ...request, newInputs: next, preview: false });
    throw new Error("it did not stop");
  } catch (error) {
    if (!(error instanceof PartialFailure)) throw error;
    return error.state;
  } finally {
    await client.query("rollback");
    await client.end();
    await handler.close();
  }
}

describe("what the server refuses", () => {
  const refusal = (ofRole: object, ofDatabase: object = {}): Promise<string> =>
    bed.preview(wiki(ofRole, ofDatabase)).then(() => "", String);

  it("is named in the preview, all at once, and up changes nothing", async () => {
    const before = await settingsOf();
    const wrong = [{ statement_timout: "7s", work_mem: "lots" }, { max_connections: 5 }] as const;
    const found = await refusal(...wrong);
    expect(found).toContain("3 problems");
    expect(found).toContain('statement_timout = "7s": unrecognized configuration parameter');
    expect(found).toContain("take it out of berth:apps.wiki.roles.ro.settings");
    expect(found).toContain('work_mem = "lots": invalid value for parameter "work_mem"');
    expect(found).toContain('max_connections = "5": parameter "max_connections" cannot be changed');
    expect(await bed.up(wiki(...wrong)).then(() => "", String)).toContain("3 problems");
    expect(await settingsOf()).toEqual(before);
  });

  it("for want of a privilege comes with the statement that gives it", async () => {
    const wanted = { log_min_duration_statement: "1s", "app.tenant": "it's" };
    const found = await refusal(wanted);
    const grants = [...found.matchAll(/as a superuser run: (.*)/g)];
    expect(grants).toHaveLength(2);
    for (const [, grant = ""] of grants) await bed.sql(grant);
    expect(await refusal(wanted)).toBe("");
    const made = await bed.up(wiki(wanted));
    expect(await settingsOf()).toEqual({
      wiki_ro: ["app.tenant=it's", "log_min_duration_statement=1s"],
    });
    expect(await bed.diff(made)).toEqual([]);
  });
});
