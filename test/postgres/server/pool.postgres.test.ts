import { expect, it } from "vitest";
import type { Session } from "../../../components/postgres/server/pool.ts";
import { PostgresServer } from "../../../components/postgres/server/postgres-server.ts";
import { useBed } from "../../provider/app-database/use-bed.ts";

const bed = useBed();

/** The most sessions at a time, in databases and in the maintenance database, that much work at once comes to. */
async function measureSessions(connectionLimit: number, isWriting: boolean): Promise<number[]> {
  const config = bed.serverConfig({ connectionLimit });
  const server = new PostgresServer(config);
  const now = [0, 0];
  const most = [0, 0];
  const useIn =
    (place: 0 | 1) =>
    async ({ client }: Session): Promise<void> => {
      now[place] = (now[place] ?? 0) + 1;
      most[place] = Math.max(most[place] ?? 0, now[place]);
      await client.query("select pg_sleep(0.2)");
      now[place] -= 1;
    };
  const work = () =>
    Promise.all(
      Array.from({ length: connectionLimit + 2 }, () => [
        server.withDatabase("template1", useIn(0)),
        server.withMaintenance(useIn(1)),
      ]).flat(),
    );
  await (isWriting ? server.write(work) : work());
  await server.close();
  return most;
}

it.each([3, 4, 9])(
  "of %i sessions all but one look into databases while nothing is written",
  async (limit) => {
    expect(await measureSessions(limit, false)).toEqual([limit - 1, 1]);
  },
);

// One more holds the run lock.
it.each([
  [3, 1, 1],
  [4, 1, 2],
  [9, 4, 4],
])(
  "of %i sessions %i work in databases and %i make them while somebody writes",
  async (limit, inside, makers) => {
    expect(await measureSessions(limit, true)).toEqual([inside, makers]);
  },
);

it("a session in a database knows what the admin may do, and is not set up to make roles", async () => {
  const server = new PostgresServer(bed.serverConfig());
  const look = async ({ client, server: facts }: Session) => {
    const { rows } = await client.query<{ is: string }>(
      "select current_setting('createrole_self_grant') as is",
    );
    return { facts, selfGrant: rows[0]?.is };
  };
  const first = await server.withMaintenance(look);
  const inside = await server.withDatabase("template1", look);
  await server.close();
  expect(first.selfGrant).toBe("set, inherit");
  expect(inside.selfGrant).toBe("");
  expect(inside.facts).toEqual(first.facts);
  expect(inside.facts).toMatchObject({ isSuperuser: false, canCreateRole: true });
});
