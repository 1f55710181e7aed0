import { execa } from "execa";
import { Client, escapeIdentifier } from "pg";
import { parseStack } from "../../components/config/parse.ts";
import { planDatabase } from "../../components/postgres/plan/plan.ts";
import { makeVerifier } from "../../components/postgres/verifier.ts";
import { password, type Say } from "./apps.ts";
import { entry } from "./entry.ts";
import { toScript } from "./floor.ts";
import { type BenchServer, withServer } from "./server.ts";
import { timed } from "./timing.ts";
import { measureTofu, type TofuFigures } from "./tofu.ts";

/** Other ways to the same roles, databases and grants, each on an empty server of its own; in seconds. */
export interface Floors extends TofuFigures {
  /** One psql as a superuser. */
  readonly psql_s: number;
  /** One psql as a role like Berth's admin, which is no superuser. */
  readonly psql_admin_s: number;
  /** As many psql as Berth has connections, as a superuser. */
  readonly psql_parallel_s: number;
  /** Only the databases, over as many connections, by the strategy of CREATE DATABASE that the server has. */
  readonly create_s: Readonly<Record<string, number>>;
  /** Strategies that the server or its file system does not have. */
  readonly create_missing: Readonly<Record<string, string>>;
}

/** What the stack of the bench asks for, for who makes it without Berth. */
const specOf = (names: readonly string[]) =>
  parseStack("bench", {
    postgres: { endpoint: { direct: { host: "localhost" } } },
    onepassword: { vault: "bench" },
    apps: Object.fromEntries(names.map((name) => [name, entry])),
  });

/** How a database is made: the option of the statement, and the session's settings. */
interface Strategy {
  readonly strategy: "wal_log" | "file_copy";
  readonly options: string;
}

const strategies: Readonly<Record<string, Strategy>> = {
  wal_log: { strategy: "wal_log", options: "" },
  file_copy: { strategy: "file_copy", options: "" },
  // From Postgres 18 on, and only on file systems that share blocks between files.
  clone: { strategy: "file_copy", options: "-c file_copy_method=clone" },
};

export async function measureFloors(names: readonly string[], say: Say): Promise<Floors> {
  const { apps, postgres } = specOf(names);
  const plans = apps.map((app) => planDatabase(app, postgres));
  const ownership = `create role ${escapeIdentifier(postgres.ownershipRole)} nologin;`;
  // psql is handed the verifiers.
  const verifiers = new Map(
    plans.flatMap(({ roles }) => roles.map(({ name }) => [name, makeVerifier(password, name)])),
  );
  const scriptOf = (some: typeof plans): string =>
    toScript(some, (role) => verifiers.get(role) ?? "");
  const script = `${ownership}\n${scriptOf(plans)}`;
  const scripts = divide(plans, postgres.connectionLimit).map(scriptOf);
  const onServer = async (title: string, use: (server: BenchServer) => Promise<number>) => {
    const seconds = await withServer(use);
    say(`${title}: ${seconds.toFixed(1)} s`);
    return seconds;
  };
  const psql_s = await onServer("psql, one script", (server) =>
    timed(() => runPsql(server, script)),
  );
  const psql_admin_s = await onServer("psql as Berth's admin", (server) =>
    timed(() => runPsql(server, script, server.admin)),
  );
  const psql_parallel_s = await onServer(`psql, ${String(scripts.length)} at a time`, (server) =>
    timed(async () => {
      await runPsql(server, ownership);
      await Promise.all(scripts.map((part) => runPsql(server, part)));
    }),
  );
  const create_s: Record<string, number> = {};
  const create_missing: Record<string, string> = {};
  for (const [name, strategy] of Object.entries(strategies)) {
    await withServer(async (server) => {
      const refusal = await findRefusal(server, strategy);
      if (refusal === undefined) {
        const shares = divide(names, scripts.length);
        create_s[name] = await timed(() =>
          Promise.all(shares.map((some) => createAll(server, some, strategy))),
        );
        say(`create database, ${name}: ${create_s[name].toFixed(1)} s`);
      } else create_missing[name] = refusal;
    });
  }
  const tofu = await measureTofu(plans, postgres.ownershipRole, say);
  return { psql_s, psql_admin_s, psql_parallel_s, create_s, create_missing, ...tofu };
}

/** Why the server cannot make a database this way. */
async function findRefusal(server: BenchServer, strategy: Strategy): Promise<string | undefined> {
  try {
    await createAll(server, ["trial"], strategy);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function createAll(
  { superuser }: BenchServer,
  names: readonly string[],
  { strategy, options }: Strategy,
): Promise<void> {
  const login = { ...superuser, user: "postgres", database: "postgres" };
  const client = new Client({ ...login, options });
  try {
    await client.connect();
    for (const name of names) {
      const database = escapeIdentifier(name);
      await client.query(`create database ${database} template template0 strategy ${strategy}`);
    }
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function runPsql(
  { superuser }: BenchServer,
  script: string,
  login: { readonly name: string; readonly password: string } = {
    name: "postgres",
    password: superuser.password,
  },
): Promise<void> {
  const { host, port } = superuser;
  const where = ["-h", host, "-p", String(port), "-U", login.name, "postgres"];
  await execa("psql", ["-X", "-q", "-v", "ON_ERROR_STOP=1", ...where], {
    input: script,
    env: { PGPASSWORD: login.password, PGOPTIONS: "" },
  });
}

/** In so many parts of almost one size, none of them empty. */
function divide<T>(all: readonly T[], count: number): T[][] {
  const parts = Array.from({ length: count }, (_, part) =>
    all.filter((_, index) => index % count === part),
  );
  return parts.filter((part) => part.length > 0);
}
