import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { Client } from "pg";
import { afterEach, expect, test, vi } from "vitest";
import { adopt } from "../../cli/adopt/verb.ts";
import type { BerthError } from "../../components/errors.ts";
import { Credential } from "../../components/onepassword/credential.ts";
import { rolePassword } from "../provider/app-database/bed.ts";
import { followFix } from "../provider/app-database/fixes/follow.ts";
import { Trial } from "../provider/app-database/fixes/trial.ts";
import { useBed } from "../provider/app-database/use-bed.ts";

/** Fixes of a login that a real server refuses: each is done as it says, and then the app's next run works. */

const bed = useBed({ settings: { max_connections: "15" } });
const admin = "coachlight_admin";
const item = "postgres-admin";

afterEach(async () => {
  await bed.sql(`alter role ${admin} login connection limit -1`);
});

async function refused(run: () => Promise<unknown>): Promise<BerthError> {
  try {
    await run();
  } catch (error) {
    return error as BerthError;
  }
  throw new Error("it was not refused");
}

/** Sessions that take all places which the server has for everybody. */
async function fillServer(): Promise<() => Promise<void>> {
  const { host, port } = bed.superuser;
  const login = { host, port, database: "paperless", user: "paperless" };
  const clients: Client[] = [];
  for (;;) {
    const client = new Client({ ...login, password: "neighbour-of-this-test" });
    client.on("error", () => undefined);
    try {
      await client.connect();
      clients.push(client);
    } catch {
      return async () => {
        for (const one of clients) await one.end();
      };
    }
  }
}

type Repair = () => unknown;

interface Row {
  readonly fix: string;
  readonly when: string;
  /** Returns what a fix in words does; undefined = the fix has statements. */
  readonly arrange: (trial: Trial) => Repair | undefined | Promise<Repair | undefined>;
}

const rows: readonly Row[] = [
  {
    fix: "compare … in 1Password with the server",
    when: "the item has another password",
    arrange: () => {
      const right = bed.admins.get(item);
      bed.admins.set(item, new Credential(admin, "another-of-this-test"));
      return () => right && bed.admins.set(item, right);
    },
  },
  {
    fix: "check pg_hba.conf (does it ask for TLS, or for a client certificate, which berth:postgres.tls.cert names?) and the role's LOGIN",
    when: "the role may not log in",
    arrange: async () => {
      await bed.sql(`alter role ${admin} nologin`);
      return () => bed.sql(`alter role ${admin} login`);
    },
  },
  {
    fix: "set berth:postgres.maintenanceDatabase to one that exists",
    when: "the maintenance database is not there",
    arrange: (trial) => {
      trial.postgres = { maintenanceDatabase: "nowhere" };
      return () => (trial.postgres = {});
    },
  },
  {
    fix: "as a superuser: GRANT CONNECT ON DATABASE … TO …",
    when: "the admin may not connect",
    arrange: async (trial) => {
      await bed.sql(`create database "Locked Up"; `);
      await bed.sql(`revoke connect on database "Locked Up" from public`);
      trial.postgres = { maintenanceDatabase: "Locked Up" };
      return undefined;
    },
  },
  {
    fix: "find out why somebody closed it; as its owner: ALTER DATABASE … ALLOW_CONNECTIONS true",
    when: "the maintenance database is closed",
    arrange: async (trial) => {
      await bed.sql("create database shut allow_connections false");
      await bed.sql(`alter database shut owner to ${admin}`);
      trial.postgres = { maintenanceDatabase: "shut" };
      return undefined;
    },
  },
  {
    fix: "end one of them, or raise the limit: connectionLimit in the entry of its app, or ALTER ROLE ... CONNECTION LIMIT if it is of no app",
    when: "the admin has a limit",
    arrange: async () => {
      await bed.sql(`alter role ${admin} connection limit 0`);
      return () => bed.sql(`alter role ${admin} connection limit 9`);
    },
  },
  {
    fix: "end one of them, or raise the limit with ALTER DATABASE ... CONNECTION LIMIT, as its owner or a superuser; then write it to database.connectionLimit in the entry of its app",
    when: "the database has a limit",
    arrange: async () => {
      await bed.sql("alter database postgres connection limit 0");
      return () => bed.sql("alter database postgres connection limit -1");
    },
  },
  {
    fix: "see who holds them: SELECT usename, application_name, count(*) FROM pg_stat_activity GROUP BY 1, 2 ORDER BY 3 DESC; then raise max_connections or end idle ones",
    when: "the server is full",
    arrange: async () => {
      const end = await fillServer();
      return async (): Promise<void> => {
        const [most] = await bed.sql<{ usename: string }>(
          "SELECT usename, application_name, count(*) FROM pg_stat_activity GROUP BY 1, 2 ORDER BY 3 DESC",
        );
        expect(most?.usename).toBe("paperless");
        await end();
      };
    },
  },
];

test.each(rows.map((row, index) => [row.fix, row.when, row, index] as const))(
  "%s: helps, where %s",
  async (fix, _, { arrange }, index) => {
    const trial = new Trial(bed, `login${String(index)}`);
    const repair = await arrange(trial);
    const { hint = "", message } = await refused(trial.up);
    const pattern = fix.split("…").map((text) => text.replaceAll(/[.*+?()|]/g, "\\$&"));
    expect(hint).toMatch(new RegExp(pattern.join(".*")));
    expect(message).not.toContain(rolePassword(admin));
    if (repair === undefined) {
      const statements = hint
        .replace(/^.*(?=as its owner)/, "")
        .replace("as its owner", "as a superuser");
      expect(await followFix(bed, statements)).toBe(true);
    } else await repair();
    await trial.up();
  },
);

test("what adopt advises lets adopt look into a database", async () => {
  await bed.sql("create role notes login; ");
  await bed.sql("create database notes owner notes");
  await bed.sql("revoke connect on database notes from public");
  const folder = mkdtempSync(path.join(tmpdir(), "berth-adopt-"));
  const file = path.join(folder, "Pulumi.prod.yaml");
  const { postgres } = bed;
  const sections = { postgres, onepassword: { vault: "Coachlight" }, apps: {} };
  const config = Object.fromEntries(
    Object.entries(sections).map(([key, value]) => [`berth:${key}`, value] as const),
  );
  writeFileSync(file, JSON.stringify({ config }));
  const vault = await bed.openVault();
  for (const [name, value] of Object.entries(vault.env)) vi.stubEnv(name, value);
  const print = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  const run = async (): Promise<string> => {
    print.mockClear();
    const args = { stack: "prod", file, app: "notes", write: false, into: undefined, json: false };
    await adopt(args);
    return print.mock.calls.map(([text]) => String(text)).join("");
  };
  try {
    const [, statement = ""] = /if it may not, as a superuser: (GRANT .*)/.exec(await run()) ?? [];
    await bed.sql(statement);
    expect(await run()).toContain("1 app with 1 role proposed");
  } finally {
    print.mockRestore();
    vi.unstubAllEnvs();
    await vault.close();
    rmSync(folder, { recursive: true });
  }
});
