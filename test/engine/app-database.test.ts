import { readFileSync, writeFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { readAppCatalog } from "../fakes/app-catalog.ts";
import { keepSafe, useBed } from "./use-bed.ts";

/**
 * Berth's own provisioner against the registry's, on real parts: the same apps end in the same catalog,
 * and an app may change from one to the other without losing anything.
 */

const bed = useBed();
keepSafe(bed);

beforeAll(() => {
  bed.configure((config) => {
    const apps = config["berth:apps"] as Record<string, Record<string, unknown>>;
    Object.assign(apps["basketball"] ?? {}, {
      database: { schemas: ["billing"] },
      roles: {
        admin: {
          profile: "readwrite",
          name: "admin_app",
          namespace: "westside-admin",
          privileges: {
            database: ["TEMPORARY"],
            tables: ["TRUNCATE", "TRIGGER"],
            functions: ["EXECUTE"],
          },
        },
      },
    });
    Object.assign(apps["netbox"] ?? {}, {
      database: {
        schemas: ["search"],
        extensions: ["uuid-ossp", { name: "pg_trgm", schema: "search", version: "1.6" }],
      },
    });
  });
});

const readCatalog = () =>
  readAppCatalog((statement, database) => bed.sql(statement, database), {
    roles: ["berth_dev", "netbox", "basketball", "admin_app"],
    databases: ["netbox", "basketball"],
    withoutExtensionOwners: true,
  });

const provisionWith = (provisioner: "berth" | "postgresql", app?: string): (() => void) =>
  bed.configure((config) => {
    if (app === undefined) config["berth:postgres"]["provisioner"] = provisioner;
    else (config["berth:apps"][app] as Record<string, unknown>)["provisioner"] = provisioner;
  });

/** The registry's database is protected; only a command lets go of it. */
const unprotect = () => bed.pulumi(["state", "unprotect", "--all", "--yes"]);

const readOids = () =>
  bed.sql(
    `select rolname as name, oid::text from pg_roles where rolname in ('basketball', 'admin_app')
     union all select datname || ' (database)', oid::text from pg_database where datname = 'basketball'
     order by 1`,
  );

const changed = /\d+ (created|updated|deleted|replaced|imported)/;

describe("one plan, two provisioners", () => {
  let ofStock: unknown;
  let oids: unknown;

  it("the registry's resources bring the stack up", async () => {
    provisionWith("postgresql");
    await bed.bringUp();
    ofStock = await readCatalog();
    oids = await readOids();
    const owner = bed.login("basketball-db-credentials");
    await bed.sqlAs(owner, "basketball", "create table player (id serial primary key, name text)");
    await bed.sqlAs(owner, "basketball", "insert into player (name) values ('kept')");
  });

  it("one app changes to Berth's own provider: nothing is created again, nothing changes", async () => {
    provisionWith("berth", "basketball");
    const refused = await bed.preview();
    expect(refused.exitCode).not.toBe(0);
    expect(refused.output).toContain("because it is protected");
    await unprotect();
    expect(await bed.bringUp()).toContain("AppDatabase basketball created");
    expect(await readOids()).toEqual(oids);
    expect(await readCatalog()).toEqual(ofStock);
    expect(await bed.bringUp()).not.toMatch(changed);
  });

  it("then the whole stack does, and the registry's provider is not needed any more", async () => {
    provisionWith("berth");
    await unprotect();
    await bed.bringUp();
    expect(await readCatalog()).toEqual(ofStock);
    const state = await bed.pulumi(["stack", "export"]);
    expect(state.output).not.toContain("postgresql:index");
    const admin = bed.login("basketball-admin-db-credentials");
    expect(await bed.sqlAs(admin, "basketball", "select name from player")).toEqual([
      { name: "kept" },
    ]);
  });

  it("and back", async () => {
    provisionWith("postgresql", "basketball");
    await bed.bringUp();
    expect(await readOids()).toEqual(oids);
    expect(await readCatalog()).toEqual(ofStock);
    expect(await bed.bringUp()).not.toMatch(changed);
    provisionWith("berth", "basketball");
    await unprotect();
    await bed.bringUp();
  });

  it("destroy drops nothing, and from nothing Berth's own provider ends in the same catalog", async () => {
    expect((await bed.pulumi(["destroy", "--yes", "--skip-preview"])).exitCode).toBe(0);
    expect(await readCatalog()).toEqual(ofStock);
    for (const database of ["basketball", "netbox"]) await bed.sql(`drop database ${database}`);
    await bed.sql("drop role admin_app, basketball, netbox, berth_dev");
    await bed.bringUp();
    expect(await readCatalog()).toEqual(ofStock);
  });
});

describe("on a running stack", () => {
  it("a preview shows the exact statements, without a verifier", async () => {
    const restore = bed.configure((config) => {
      config["berth:apps"]["netbox"] = { database: { connectionLimit: 20 } };
    });
    const { output } = await bed.preview();
    restore();
    expect(output).toContain('ALTER DATABASE "netbox" CONNECTION LIMIT 20;');
    expect(output).toMatch(/connectionLimit: -1 => 20/);
    expect(output).not.toContain("SCRAM-SHA-256");
  });

  it("another way in, admin, maintenance database or limit replaces nothing and changes no app", async () => {
    await bed.sql("create database maintenance");
    await bed.sql(
      "create role second_admin login superuser password 'Canary0Second0Admin0Password'",
    );
    const setAdmin = async ({ name, password }: { name: string; password: string }) => {
      await bed.setField("postgres-admin", "username", name);
      await bed.setField("postgres-admin", "password", password);
    };
    const first = bed.login("postgres-admin");
    await setAdmin({ name: "second_admin", password: "Canary0Second0Admin0Password" });
    const restore = bed.configure((config) => {
      const postgres = config["berth:postgres"];
      const { direct } = postgres["endpoint"] as { direct: object };
      Object.assign(postgres, {
        endpoint: { direct: { ...direct, host: "localhost" } },
        maintenanceDatabase: "maintenance",
        reserved: ["paperless", "grafana"],
        connectionLimit: 7,
      });
    });
    writeFileSync(bed.sandbox.postgresLog, "");
    const output = await bed.bringUp();
    expect(output).toMatch(/~ 1 updated/);
    expect(output).not.toMatch(/replac|\d+ (created|deleted)/);
    const log = readFileSync(bed.sandbox.postgresLog, "utf8");
    expect(log).toContain("second_admin@maintenance");
    expect(log).not.toMatch(/statement: *(grant|revoke|alter|create|drop|comment)/i);
    restore();
    await setAdmin(first);
    expect(await bed.bringUp()).toMatch(/~ 1 updated/);
    await bed.sql("drop database maintenance");
    await bed.sql("drop role second_admin");
  });

  it("a hand edit is named by plain preview and by refresh, and up puts it right", async () => {
    const before = await readCatalog();
    await bed.sql("alter role admin_app connection limit 3");
    await bed.sql("revoke usage on schema public from admin_app", "basketball");
    expect((await bed.preview()).output).toContain("roles.admin.connectionLimit");
    const { output } = await bed.pulumi(["refresh", "--yes", "--skip-preview", "--diff"]);
    expect(output).toContain(
      "roles.admin.grants.schema: role admin_app gets USAGE on schema public",
    );
    expect(await bed.bringUp()).toMatch(/~ 1 updated/);
    expect(await readCatalog()).toEqual(before);
  });
});
