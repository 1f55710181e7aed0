import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { inspectServerForAdopt } from "../../../cli/adopt/facts.ts";
import type { PostgresSpec } from "../../../components/config/spec/postgres.ts";
import { Credential } from "../../../components/onepassword/credential.ts";
import { withServer } from "../../../components/postgres/server/reach.ts";
import { withRoleSession } from "../../../components/postgres/server/session.ts";
import type { StoredResource } from "../../../provider/rpc/resource-handler.ts";
import { hasPgbouncer, type Pgbouncer, runPgbouncer } from "../../cli/rotate/pgbouncer.ts";
import { countFaults } from "../../faults/count.ts";
import { admin, adminCredential, inputsOf, rolePassword } from "../../provider/app-database/bed.ts";
import { useBed } from "../../provider/app-database/use-bed.ts";
import { hasPsql, psql, toScript } from "../psql/run.ts";

/** The owner of `mallory` has set a trap for whoever looks into its database without a pinned path. */

const bed = useBed();
let app: StoredResource;
let pooler: Pgbouncer | undefined;

const trap = `
create schema evil;
create function evil.eq(name, text) returns boolean language plpgsql as $$
begin
  if current_user <> 'mallory' then execute 'grant bank to mallory'; end if;
  return $1::text operator(pg_catalog.=) $2;
end $$;
create operator evil.= (leftarg = name, rightarg = text, function = evil.eq);
alter database mallory set search_path = evil, pg_catalog, public;`;

const isCaught = async (): Promise<boolean> => {
  const [row] = await bed.sql<{ caught: boolean }>(
    "select pg_has_role('mallory', 'bank', 'member') as caught",
  );
  return row?.caught === true;
};

/** A pooler of any user and database, with more settings. */
async function startPooler(
  ...settings: string[]
): Promise<{ kind: string; host: string; port: number }> {
  pooler = await runPgbouncer(bed, {
    users: [admin, { name: "mallory", password: rolePassword("mallory") }],
    database: "*",
    settings,
  });
  return { kind: "direct", host: "127.0.0.1", port: pooler.port };
}

beforeAll(async () => {
  app = await bed.up(inputsOf("mallory"));
  await bed.sql("create role bank");
  await bed.sql(`grant bank to ${admin.name} with admin option`);
  await bed.sqlAs("mallory", "mallory", trap);
});

afterEach(async () => {
  await pooler?.stop();
  pooler = undefined;
});

const modes = ["session", "transaction"] as const;

countFaults("poolers");

describe.runIf(hasPgbouncer)("behind a pooler", () => {
  test.each(modes)(
    "that drops startup options, in %s mode, a refresh is refused before it runs what an owner made",
    async (mode) => {
      const endpoint = await startPooler(
        `pool_mode = ${mode}`,
        "ignore_startup_parameters = options",
      );
      const handler = await bed.provider({ endpoint });
      const outcome = await handler.read(app).catch((error: unknown) => error);
      await handler.close();
      expect(await isCaught()).toBe(false);
      expect(outcome).toBeInstanceOf(Error);
      const { message } = outcome as Error;
      expect(message).toMatch(/came without what Berth asks for: search_path, lock_timeout/);
      expect(message).toContain("a connection pooler in between drops it");
      expect(message).toContain("fix: point berth:postgres.endpoint at Postgres itself");
      expect(message).not.toContain("BERTH_OFFLINE");
    },
  );

  test("that refuses startup options the pooler's own words are shown", async () => {
    const handler = await bed.provider({ endpoint: await startPooler("pool_mode = session") });
    const outcome = await handler.read(app).catch((error: unknown) => error);
    await handler.close();
    expect((outcome as Error).message).toMatch(
      /"unsupported startup parameter: options" \(08P01\); it seems to be a connection pooler\n {2}fix: point/,
    );
  });

  test("neither adopt's look into databases nor a login as a role goes on", async () => {
    const endpoint = await startPooler(
      "pool_mode = session",
      "ignore_startup_parameters = options",
    );
    const postgres = {
      ...(bed.config()["postgres"] as unknown as PostgresSpec),
      endpoint,
      admin: { vault: "Coachlight", item: "postgres-admin" },
    } as PostgresSpec;
    await withServer(postgres, async (server) => {
      await expect(inspectServerForAdopt(server, adminCredential, postgres)).rejects.toThrow(
        "a connection pooler in between",
      );
      const mallory = new Credential("mallory", rolePassword("mallory"));
      await expect(
        withRoleSession({ ...server, database: "mallory" }, mallory, (client) =>
          client.query("select 1"),
        ),
      ).rejects.toThrow("a connection pooler in between");
    });
    expect(await isCaught()).toBe(false);
  });

  test.runIf(hasPsql).each(modes)(
    "that drops startup options, in %s mode, a psql script ends before it changes anything",
    async (mode) => {
      const { port } = await startPooler(
        `pool_mode = ${mode}`,
        "ignore_startup_parameters = options",
      );
      const { exitCode, output } = await psql(bed, toScript(bed), { PGPORT: String(port) });
      expect(output).toContain("came without what Berth asks for: search_path");
      expect(output).toContain("a connection pooler in between drops it");
      expect(exitCode).toBe(3);
      expect(await bed.sql("select from pg_database where datname = 'basketball'")).toEqual([]);
    },
  );
});

test("without a pooler the same trap catches nobody", async () => {
  const handler = await bed.provider();
  expect(await handler.read(app)).toBeDefined();
  await handler.close();
  expect(await isCaught()).toBe(false);
});
