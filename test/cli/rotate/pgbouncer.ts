import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { execa, execaSync } from "execa";
import { freePort } from "../../../dev/postgres/ports.ts";
import { findSystemUser } from "../../../dev/postgres/run-as.ts";
import { isListening } from "../../fakes/listening.ts";
import type { DatabaseBed } from "../../provider/app-database/bed.ts";

/** A real pgbouncer, which asks the server for each user's verifier (`auth_query`). */

/** Debian puts it where only root looks. */
const env = { PATH: `${process.env["PATH"] ?? ""}:/usr/sbin` };

/** No npm package brings it; .ci/run installs Debian's where it may. */
export const hasPgbouncer =
  execaSync("pgbouncer", ["--version"], { env, reject: false }).exitCode === 0;

const asker = { name: "pgbouncer", password: "pgbouncer-of-this-test" };

/** What an admin sets up once a database; Berth has no part in it. */
async function prepare(bed: DatabaseBed, database: string): Promise<void> {
  const there = await bed.sql(`select from pg_roles where rolname = '${asker.name}'`);
  if (there.length > 0) return;
  await bed.sql(`create role ${asker.name} login password '${asker.password}'`);
  await bed.sql(`grant connect on database "${database}" to ${asker.name}`);
  await bed.sql(
    `create schema pgbouncer authorization postgres;
     create function pgbouncer.get_auth(name text) returns table (username text, password text)
       language sql security definer set search_path = pg_catalog
       as $$ select rolname::text, rolpassword from pg_authid where rolname = name and rolcanlogin $$;
     revoke execute on function pgbouncer.get_auth(text) from public;
     grant usage on schema pgbouncer to ${asker.name};
     grant execute on function pgbouncer.get_auth(text) to ${asker.name}`,
    database,
  );
}

/** A running pooler; `pools` server connections a user. */
export interface Pgbouncer {
  readonly port: number;
  readonly stop: () => Promise<void>;
}

/** One that drops startup options, as an admin sets it up for an app. */
export async function startPgbouncer(
  bed: DatabaseBed,
  database: string,
  settings: readonly string[] = ["pool_mode = transaction", "default_pool_size = 4"],
): Promise<Pgbouncer> {
  await prepare(bed, database);
  return await runPgbouncer(bed, {
    users: [asker],
    database: `${database} auth_user=${asker.name}`,
    settings: [
      "auth_query = SELECT username, password FROM pgbouncer.get_auth($1)",
      ...settings,
      "server_idle_timeout = 1",
      "ignore_startup_parameters = options",
    ],
  });
}

/** Any: `database` is the left side of a line under [databases] and what follows the server there. */
export async function runPgbouncer(
  bed: DatabaseBed,
  given: {
    readonly users: readonly { readonly name: string; readonly password: string }[];
    readonly database: string;
    readonly settings: readonly string[];
  },
): Promise<Pgbouncer> {
  const [database, ...more] = given.database.split(" ");
  const home = mkdtempSync(path.join(tmpdir(), "berth-pgbouncer-"));
  const port = await freePort();
  const { host, port: server } = bed.superuser;
  const config = path.join(home, "pgbouncer.ini");
  const users = path.join(home, "users.txt");
  const lines = given.users.map(({ name, password }) => `"${name}" "${password}"\n`);
  writeFileSync(users, lines.join(""));
  writeFileSync(
    config,
    `[databases]
${database ?? ""} = host=${host} port=${String(server)} ${more.join(" ")}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${String(port)}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = ${users}
logfile = ${home}/log
${given.settings.join("\n")}
`,
  );
  const user = findSystemUser();
  for (const file of [home, config, users]) {
    chmodSync(file, file === home ? 0o700 : 0o600);
    if (user !== undefined) chownSync(file, user.uid, user.gid);
  }
  const options = user === undefined ? {} : { uid: user.uid, gid: user.gid };
  const child = execa("pgbouncer", [config], {
    ...options,
    env,
    cwd: "/",
    reject: false,
    stdio: "ignore",
  });
  await waitForPort(port);
  return {
    port,
    stop: async () => {
      child.kill("SIGINT");
      await child;
      rmSync(home, { recursive: true, force: true });
    },
  };
}

async function waitForPort(port: number): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    if (await isListening(port)) return;
    await delay(50);
  }
  throw new Error("pgbouncer does not listen");
}
