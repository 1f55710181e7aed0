import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa, execaSync } from "execa";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { planDatabase } from "../../../components/postgres/plan/plan.ts";
import { passwordScript, toPasswordScript } from "../../../components/postgres/psql/passwords.ts";
import { toPsqlScript } from "../../../components/postgres/psql/script.ts";
import { readAppCatalog } from "../../fakes/app-catalog.ts";
import { makeApp } from "../../fakes/stack.ts";
import { countFaults } from "../../faults/count.ts";
import {
  type DatabaseBed,
  inputsOf,
  ownershipRole,
  rolePassword,
} from "../../provider/app-database/bed.ts";
import { useBed } from "../../provider/app-database/use-bed.ts";
import { hasPsql } from "./run.ts";

/** What a provisioning Job runs, against a real server, by the real psql: a plan and its passwords. */

const entry = { roles: { admin: { profile: "readwrite", name: "admin_app" } } };
const roles = ["basketball", "admin_app"];
const passwords = {
  BERTH_PASSWORD_OWNER: rolePassword("basketball"),
  BERTH_PASSWORD_ADMIN: rolePassword("admin_app"),
};

const psqlPath = execaSync("sh", ["-c", "command -v psql"], { reject: false }).stdout;

/** The files of a Job's ConfigMap, and a psql on PATH that notes its arguments. */
class Pod {
  readonly #bed: DatabaseBed;
  readonly #folder = mkdtempSync(path.join(tmpdir(), "berth-job-"));

  constructor(bed: DatabaseBed, given: object = entry, app = "basketball") {
    this.#bed = bed;
    const plan = planDatabase(makeApp(given, app), { ownershipRole } as never);
    const { systemIdentifier } = bed;
    const where = { maintenanceDatabase: "postgres", ownershipRole, systemIdentifier };
    const target = { ...where, stack: undefined };
    writeFileSync(path.join(this.#folder, "plan.sql"), toPsqlScript([plan], target, "apart"));
    writeFileSync(path.join(this.#folder, passwordScript), toPasswordScript(plan));
    const noting = `#!/bin/sh\nprintf '%s\\n' "$*" >> '${this.#folder}/arguments'\nexec '${psqlPath}' "$@"\n`;
    writeFileSync(path.join(this.#folder, "psql"), noting);
    chmodSync(path.join(this.#folder, "psql"), 0o755);
    writeFileSync(path.join(this.#folder, "arguments"), "");
  }

  async run(env: Record<string, string> = {}) {
    const { exitCode, all } = await execa("psql", ["-X", "-f", "plan.sql"], {
      cwd: this.#folder,
      env: {
        PATH: `${this.#folder}:${process.env["PATH"] ?? ""}`,
        ...this.#bed.adminEnvironment,
        ...passwords,
        ...env,
      },
      extendEnv: false,
      stdin: "ignore",
      // A session of its own: a pod has no terminal that psql could ask on.
      detached: true,
      reject: false,
      all: true,
    });
    return { exitCode, output: all };
  }

  arguments(): string {
    return readFileSync(path.join(this.#folder, "arguments"), "utf8");
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** Verifiers have random salts here, so of each only its form. */
async function readCatalog(bed: DatabaseBed): Promise<unknown> {
  const catalog = await readAppCatalog((statement, database) => bed.sql(statement, database), {
    roles: [...roles, ownershipRole],
    databases: ["basketball"],
  });
  const text = JSON.stringify(catalog);
  return JSON.parse(
    text.replaceAll(/SCRAM-SHA-256\$4096:[A-Za-z0-9+/=]+\$[A-Za-z0-9+/=:]+/g, "verifier"),
  );
}

const readVerifiers = (bed: DatabaseBed) =>
  bed.sql<{ rolname: string; rolpassword: string | null }>(
    "select rolname::text, rolpassword from pg_authid where rolname !~ '^pg_' order by 1",
  );

countFaults("passwords in a script");

describe.skipIf(!hasPsql).each([
  ["a superuser", true],
  ["an admin with CREATEROLE and CREATEDB", false],
])("a plan and its passwords, as %s", (_, isSuperuser) => {
  const bed = useBed({ isSuperuser });
  let pod: Pod;
  let neighbour: string;
  let ofProvider: unknown;
  let ofPod: unknown;

  beforeAll(async () => {
    await bed.sql("alter role coachlight_admin set password_encryption = 'md5'");
    neighbour = await bed.neighbour();
    pod = new Pod(bed);
    await bed.up(inputsOf("basketball", entry));
    ofProvider = await readCatalog(bed);
    await bed.sql("drop database basketball");
    await bed.sql(`drop role ${[...roles, ownershipRole].join(", ")}`);
  });

  /** As the entry and the items have it, whichever test was before. */
  beforeEach(async () => {
    bed.clearLog();
    const { exitCode, output } = await pod.run();
    expect(exitCode, output).toBe(0);
    expect(output).toContain("app basketball: as planned");
    ofPod ??= await readCatalog(bed);
  });

  afterAll(() => {
    pod.remove();
  });

  it("end in the same catalog as the provider, with verifiers that psql has made", async () => {
    expect(ofPod).toEqual(ofProvider);
    await bed.sqlAs("basketball", "basketball", "create table games (id serial primary key)");
    await bed.sqlAs("admin_app", "basketball", "insert into games default values");
  });

  it("show a password neither to the server's log nor in the arguments of a process", async () => {
    await bed.sql("alter role admin_app password null");
    expect((await pod.run()).exitCode).toBe(0);
    const seen = bed.readLog() + pod.arguments();
    expect(seen).toContain("SCRAM-SHA-256$");
    expect(seen).toContain("\\password");
    for (const password of Object.values(passwords)) expect(seen).not.toContain(password);
  });

  it("change nothing when they run again", async () => {
    const before = await readVerifiers(bed);
    bed.clearLog();
    const { exitCode, output } = await pod.run();
    expect(exitCode, output).toBe(0);
    expect(bed.writes()).toEqual([]);
    expect(await readVerifiers(bed)).toEqual(before);
  });

  it("set the one password that has changed", async () => {
    const changed = " $HOME `id` 'a\"b\\c' %s é-ö ";
    bed.clearLog();
    const { exitCode, output } = await pod.run({ BERTH_PASSWORD_ADMIN: changed });
    expect(exitCode, output).toBe(0);
    expect(bed.writes()).toEqual([expect.stringMatching(/^ALTER USER admin_app PASSWORD 'SCRAM/)]);
    expect(bed.readLog()).not.toContain(changed);
    await expect(bed.sqlAs("admin_app", "basketball", "select 1")).rejects.toThrow("password");
    bed.clearLog();
    await pod.run({ BERTH_PASSWORD_ADMIN: changed });
    expect(bed.writes()).toEqual([]);
  });

  it("are left where a password is missing, and say which", async () => {
    const { exitCode, output } = await pod.run({ BERTH_PASSWORD_ADMIN: "" });
    expect(exitCode).toBe(3);
    expect(output).toContain("BERTH_PASSWORD_ADMIN");
    expect(output).toContain("app basketball: the roles are there, and not all passwords");
  });

  it("never touch the password of a role that others made", async () => {
    await bed.sql("create role auditor login password 'of-somebody-else'");
    const taken = new Pod(bed, { owner: { name: "auditor" } }, "wiki");
    const before = await readVerifiers(bed);
    const { exitCode, output } = await taken.run();
    taken.remove();
    expect(exitCode).toBe(3);
    expect(output).toContain('role "auditor" exists and was not made by this stack');
    expect(await readVerifiers(bed)).toEqual(before);
    expect(await bed.neighbour()).toBe(neighbour);
  });

  it("take any name on one line for a role, and none for a part of the script", async () => {
    const name = "O'Neil \"x\" \\ 100% $HOME `id` :'verifier_owner' ; \\! id";
    const special = new Pod(bed, { owner: { name }, database: { name: "odd" } }, "odd");
    const { exitCode, output } = await special.run();
    bed.clearLog();
    const again = await special.run();
    special.remove();
    expect(exitCode, output).toBe(0);
    expect(again.exitCode, again.output).toBe(0);
    expect(bed.writes()).toEqual([]);
    expect(await bed.neighbour()).toBe(neighbour);
  });
});
