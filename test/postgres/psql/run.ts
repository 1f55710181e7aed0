import { execa, execaSync } from "execa";
import { planDatabase } from "../../../components/postgres/plan/plan.ts";
import { type ScriptTarget, toPsqlScript } from "../../../components/postgres/psql/script.ts";
import { makeVerifier } from "../../../components/postgres/verifier.ts";
import { readAppCatalog } from "../../fakes/app-catalog.ts";
import { makeApp } from "../../fakes/stack.ts";
import { type DatabaseBed, ownershipRole, rolePassword } from "../../provider/app-database/bed.ts";

/** A psql script against a real server, run by the real psql. */

/** An entry with all that a script can make. */
export const entry = {
  owner: { connectionLimit: 9, searchPath: ["public", "extensions"] },
  database: {
    connectionLimit: 40,
    schemas: ["billing", "o_dd"],
    extensions: ["cube", { name: "pg_trgm", schema: "billing", version: "1.5" }],
  },
  roles: {
    admin: {
      profile: "readwrite",
      name: "admin_app",
      privileges: { database: ["TEMPORARY"], tables: ["TRIGGER"], functions: ["EXECUTE"] },
    },
    probe: { privileges: { tables: ["REFERENCES"] } },
    "read-only": { profile: "readonly" },
  },
};
export const roles = ["basketball", "admin_app", "basketball_probe", "basketball_read_only"];

/** No npm package brings psql; without one of 15 or newer on PATH there is nothing to run. */
export const hasPsql = (() => {
  const { stdout } = execaSync("psql", ["--version"], { reject: false });
  return Number(/\d+/.exec(stdout)?.[0] ?? 0) >= 15;
})();

const toVerifier = (role: string) => makeVerifier(rolePassword(role), role);
export const verifiers = {
  BERTH_VERIFIER_OWNER: toVerifier("basketball"),
  BERTH_VERIFIER_ADMIN: toVerifier("admin_app"),
  BERTH_VERIFIER_PROBE: toVerifier("basketball_probe"),
  BERTH_VERIFIER_READ_ONLY: toVerifier("basketball_read_only"),
};

export function toScript(
  bed: DatabaseBed,
  given: object = entry,
  target: Partial<ScriptTarget> = {},
): string {
  const plan = planDatabase(makeApp(given, "basketball"), { ownershipRole } as never);
  const { systemIdentifier } = bed;
  const where = {
    maintenanceDatabase: "postgres",
    ownershipRole,
    stack: undefined,
    systemIdentifier,
  };
  return toPsqlScript([plan], { ...where, ...target });
}

export async function psql(bed: DatabaseBed, script: string, env: Record<string, string> = {}) {
  const { exitCode, all } = await execa("psql", ["-X"], {
    input: script,
    env: { PATH: process.env["PATH"] ?? "", ...bed.adminEnvironment, ...verifiers, ...env },
    extendEnv: false,
    reject: false,
    all: true,
  });
  return { exitCode, output: all };
}

export function readCatalog(bed: DatabaseBed): Promise<unknown> {
  return readAppCatalog((statement, database) => bed.sql(statement, database), {
    roles: [...roles, ownershipRole],
    databases: ["basketball"],
  });
}

/** Rows that a statement rewrites without changing them count as well. */
export function readRowVersions(bed: DatabaseBed): Promise<object[]> {
  return bed.sql(
    `select rolname::text as name, xmin::text from pg_authid union all
     select datname, xmin::text from pg_database union all
     select nspname, xmin::text from pg_namespace union all
     select extname, xmin::text from pg_extension union all
     select relname, xmin::text from pg_class where relnamespace = 'public'::regnamespace union all
     select 'default ' || oid, xmin::text from pg_default_acl order by 1, 2`,
    "basketball",
  );
}
