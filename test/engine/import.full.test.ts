import { readFileSync, writeFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { keepSafe, useBed } from "./use-bed.ts";

/** `pulumi import` of what somebody made by hand, by the README's command, with the real engine. */

const bed = useBed();
keepSafe(bed);

beforeAll(async () => {
  await bed.addLogin("wiki-db-credentials", "wiki", "Canary0Imported0Password");
  await bed.sql("create role wiki login password 'made-by-hand' connection limit 7");
  await bed.sql("create database wiki owner wiki");
  await bed.sql("create table page as select 'kept' as title", "wiki");
  await bed.sql("alter table page owner to wiki", "wiki");
});

const importApp = (name: string, id: string, ...more: readonly string[]) =>
  bed.pulumi(["import", "berth:postgres:AppDatabase", name, id, "--yes", ...more]);

const setEntry = (name: string, entry: unknown) =>
  bed.configure((config) => {
    config["berth:apps"][name] = entry;
  });

const readOids = (name = "wiki") =>
  bed.sql(
    `select oid::text from pg_roles where rolname = '${name}' union all select oid::text from pg_database where datname = '${name}'`,
  );

/** What the engine would do to a resource; `--diff` prints a line for each before its URN. */
const findSteps = (output: string, type: string, name: string): string[] =>
  output
    .split("\n")
    .flatMap((line, index, lines) =>
      new RegExp(`${type}: \\(\\w+\\)`).test(line) &&
      lines.slice(index, index + 4).some((next) => next.includes(`${type}::${name}]`))
        ? [/\((\w+)\)/.exec(line)?.[1] ?? ""]
        : [],
    );

describe("pulumi import", () => {
  it("refuses what is not the entry's, or not to be taken over, and says what to do", async () => {
    const unknown = await importApp("wiki", "wiki");
    expect(unknown.exitCode).not.toBe(0);
    expect(unknown.output).toContain('the stack file has no app "wiki"');
    setEntry("wiki", { provisioner: "postgresql" });
    const other = await importApp("wiki", "wiki");
    expect(other.output).toContain('fix: take out "provisioner: postgresql"; or run pulumi up');
    setEntry("wiki", {});
    const foreign = await importApp("wiki", "wiki");
    expect(foreign.exitCode).not.toBe(0);
    expect(foreign.output).toMatch(/database "wiki" exists and was not made by this stack/);
    expect(foreign.output).toContain("set berth:apps.wiki.adopt to true");
    const another = await importApp("wiki", "paperless");
    expect(another.exitCode).not.toBe(0);
    expect(another.output).toContain('its database is "wiki", not "paperless"');
    expect(another.output).toContain("fix: pulumi import berth:postgres:AppDatabase wiki wiki");
    const missing = await importApp("netbox", "netbox");
    expect(missing.exitCode).not.toBe(0);
    expect(missing.output).toContain("resource 'netbox' does not exist");
  });

  it("imports a database that was made by hand, and writes nothing to the server", async () => {
    setEntry("wiki", { adopt: true, owner: { connectionLimit: 7 } });
    writeFileSync(bed.sandbox.postgresLog, "");
    const { exitCode, output } = await importApp("wiki", "wiki");
    expect(exitCode, output).toBe(0);
    expect(output).toContain("= 1 imported");
    expect(output).toContain('up would refuse: app wiki: role "wiki" cannot be adopted');
    const log = readFileSync(bed.sandbox.postgresLog, "utf8");
    expect(log).toContain("coachlight_admin@wiki");
    expect(log).not.toMatch(/statement: *(grant|revoke|alter|create|drop|comment)/i);
  });

  it("is followed by an update in place, and then by nothing", async () => {
    await bed.sql("grant wiki to coachlight_admin with admin true, inherit true, set true");
    const oids = await readOids();
    const preview = await bed.preview();
    expect(preview.exitCode, preview.output).toBe(0);
    expect(findSteps(preview.output, "AppDatabase", "wiki")).toEqual(["update"]);
    expect(preview.output).toContain(`ALTER ROLE "wiki" PASSWORD '‹verifier›';`);
    await bed.bringUp();
    expect(await readOids()).toEqual(oids);
    const rows = await bed.sqlAs(bed.login("wiki-db-credentials"), "wiki", "table page");
    expect(rows).toEqual([{ title: "kept" }]);
    await bed.expectNoChanges();
  });

  it("brings back an app that state has lost; a provider that knows no stack file names the way", async () => {
    const name = "berth:postgres:AppDatabase::basketball";
    const urn = `urn:pulumi:dev::berth::${name}`;
    await bed.pulumi(["state", "delete", urn, "--yes", "--target-dependents"]);
    const provider = "berth=urn:pulumi:dev::berth::pulumi:providers:berth::berth";
    const blind = await importApp("basketball", "basketball", "--provider", provider);
    expect(blind.exitCode).not.toBe(0);
    expect(blind.output).toContain(
      "pulumi import berth:postgres:AppDatabase basketball basketball",
    );
    const { exitCode, output } = await importApp("basketball", "basketball");
    expect(exitCode, output).toBe(0);
    const refreshed = await bed.pulumi(["refresh", "--yes", "--skip-preview"]);
    expect(refreshed.exitCode, refreshed.output).toBe(0);
    expect(findSteps((await bed.preview()).output, "AppDatabase", "basketball")).toEqual([
      "update",
    ]);
  });

  it("is not done by an up of other targets, which would leave a state without parents", async () => {
    await bed.bringUp();
    await bed.sql("create role gallery login password 'made-by-hand'");
    await bed.sql("create database gallery owner gallery");
    await bed.sql("grant gallery to coachlight_admin with admin true, inherit true, set true");
    await bed.addLogin("gallery-db-credentials", "gallery", "Canary0Gallery0Password");
    setEntry("gallery", { adopt: true, provisioner: "postgresql" });
    const urn = "urn:pulumi:dev::berth::";
    const targets = [
      `${urn}pulumi:providers:berth::berth`,
      `${urn}berth:postgres:AppDatabase::netbox`,
    ].flatMap((target) => ["--target", target]);
    // As rotate runs it.
    const targeted = await bed.pulumi(["up", "--yes", "--skip-preview", ...targets], {
      BERTH_TARGETED: "true",
    });
    expect(targeted.exitCode, targeted.output).toBe(0);
    expect(await bed.bringUp()).toMatch(/gallery-owner imported/);
  });

  it("imports a role and a database as the registry's resources, which the next up updates in place", async () => {
    await bed.sql("create role forum login password 'made-by-hand' connection limit 7");
    await bed.sql("create database forum owner forum");
    await bed.sql("create table post as select 'kept' as title", "forum");
    await bed.sql("alter table post owner to forum", "forum");
    await bed.sql("grant forum to coachlight_admin with admin true, inherit true, set true");
    await bed.addLogin("forum-db-credentials", "forum", "Canary0Forum0Password");
    setEntry("forum", { adopt: true, provisioner: "postgresql", owner: { connectionLimit: 7 } });
    const oids = await readOids("forum");
    writeFileSync(bed.sandbox.postgresLog, "");
    const admin = bed.login("postgres-admin");
    const { host, port } = bed.sandbox.superuser;
    const env = {
      PGHOST: host,
      PGPORT: String(port),
      PGSSLMODE: "disable",
      PGUSER: admin.name,
      PGPASSWORD: admin.password,
    };
    for (const [type, name] of [
      ["role:Role", "forum-owner"],
      ["database:Database", "forum-database"],
    ] as const) {
      const args = ["import", `postgresql:index/${type}`, name, "forum", "--yes"];
      const { exitCode, output } = await bed.pulumi(args, env);
      expect(exitCode, output).toBe(0);
      expect(output).toContain("= 1 imported");
    }
    const imported = await bed.pulumi(["stack", "export"]);
    expect(imported.output).not.toContain(admin.password);
    expect(readFileSync(bed.sandbox.postgresLog, "utf8")).not.toMatch(
      /statement: *(grant|revoke|alter|create|drop|comment)/i,
    );
    const preview = await bed.preview();
    expect(preview.exitCode, preview.output).toBe(0);
    const steps = findSteps(preview.output, "role:Role", "forum-owner");
    expect(steps, preview.output).toEqual(["update"]);
    // The same as it is in the entry.
    expect(findSteps(preview.output, "database:Database", "forum-database")).toEqual([]);
    await bed.bringUp();
    expect(await readOids("forum")).toEqual(oids);
    const rows = await bed.sqlAs(bed.login("forum-db-credentials"), "forum", "table post");
    expect(rows).toEqual([{ title: "kept" }]);
    await bed.expectNoChanges();
    expect((await bed.pulumi(["stack", "export"])).output).not.toContain("::default");
  });
});
