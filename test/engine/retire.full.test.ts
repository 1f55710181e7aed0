import { existsSync } from "node:fs";
import path from "node:path";
import { Client } from "pg";
import { beforeAll, describe, expect, it } from "vitest";
import { type Config } from "./bed.ts";
import { keepSafe, useBed } from "./use-bed.ts";

/**
 * Rows outlive whatever happens to the stack, unless somebody has asked twice for the opposite. On real
 * parts, with a table of three rows planted in an app's database.
 */

const bed = useBed();
keepSafe(bed);

const destroy = ["destroy", "--yes", "--skip-preview"];

beforeAll(async () => {
  await bed.bringUp();
  const owner = bed.login("basketball-db-credentials");
  await bed.sqlAs(owner, "basketball", "create table kept as select generate_series(1, 3) as id");
});

const rows = async () => (await bed.sql("select id from kept", "basketball")).length;
const ofBasketball = (config: Config) =>
  config["berth:apps"]["basketball"] as Record<string, Record<string, unknown>>;

describe("rows survive", () => {
  it("destroy, and the next up takes them up", async () => {
    expect((await bed.pulumi(destroy)).exitCode).toBe(0);
    expect(await rows()).toBe(3);
    await bed.bringUp();
    expect(await rows()).toBe(3);
  });
});

describe("with reclaimPolicy: delete, rows survive", () => {
  let basketball: Record<string, unknown>;

  beforeAll(async () => {
    bed.configure((config) => {
      Object.assign(ofBasketball(config), { reclaimPolicy: "delete" });
      basketball = structuredClone(ofBasketball(config));
    });
    await bed.bringUp();
  });

  it("an unconfirmed removal, which neither preview nor up begins", async () => {
    const restore = bed.configure((config) => {
      delete config["berth:apps"]["basketball"];
    });
    for (const run of [() => bed.preview(), () => bed.up()]) {
      const { exitCode, output } = await run();
      expect(exitCode).not.toBe(0);
      expect(output).toContain("app basketball has left the stack file with reclaimPolicy: delete");
      expect(output).toContain("confirmDelete: [basketball]");
    }
    expect(existsSync(path.join(bed.gitops, "k8s/infra/basketball"))).toBe(true);
    restore();
    expect(await rows()).toBe(3);
    await bed.expectNoChanges();
  });

  it("an unconfirmed destroy", async () => {
    const { exitCode, output } = await bed.pulumi(destroy);
    expect(exitCode).not.toBe(0);
    expect(output).toContain('confirmDelete does not name database "basketball"');
    expect(await rows()).toBe(3);
    await bed.bringUp();
  });

  it("another name of the app, and of the database, even confirmed", async () => {
    bed.configure((config) => {
      config["berth:postgres"]["confirmDelete"] = ["basketball"];
      delete config["berth:apps"]["basketball"];
      config["berth:apps"]["hoops"] = {
        ...basketball,
        owner: { name: "basketball", item: "basketball-db-credentials" },
        database: { name: "basketball" },
        roles: {
          admin: {
            ...(basketball["roles"] as Record<string, object>)["admin"],
            item: "basketball-admin-db-credentials",
          },
        },
      };
    });
    expect(await bed.bringUp()).toContain("belongs to another app of the stack now, and stays");
    expect(await rows()).toBe(3);
    const restore = bed.configure((config) => {
      const hoops = config["berth:apps"]["hoops"] as Record<string, unknown>;
      hoops["database"] = { name: "hoops" };
    });
    expect(await bed.bringUp()).toContain('database "basketball", which it had until now, stays');
    expect(await rows()).toBe(3);
    restore();
    await bed.bringUp();
    expect(await rows()).toBe(3);
    // It stayed as well, and the roles could not be dropped while they own it.
    await bed.sql("drop database hoops");
    bed.configure((config) => {
      delete config["berth:postgres"]["confirmDelete"];
      delete config["berth:apps"]["hoops"];
      config["berth:apps"]["basketball"] = basketball;
    });
    await bed.bringUp();
    expect(await rows()).toBe(3);
  });
});

describe("retiring an app", () => {
  beforeAll(async () => {
    bed.configure((config) => {
      config["berth:postgres"]["confirmDelete"] = ["basketball"];
      Object.assign(ofBasketball(config), { reclaimPolicy: "delete" });
    });
    await bed.bringUp();
  });

  it("drops it once it is confirmed and nobody is connected, and preview says so before", async () => {
    bed.configure((config) => {
      delete config["berth:apps"]["basketball"];
    });
    const preview = await bed.preview();
    expect(preview.exitCode).toBe(0);
    expect(preview.output).toMatch(
      /pulumi up drops database "basketball" with all that it holds, and roles basketball, admin_app, without a dump/,
    );
    expect(await rows()).toBe(3);
    const login = bed.login("basketball-db-credentials");
    const { host, port } = bed.sandbox.superuser;
    const client = new Client({
      host,
      port,
      database: "basketball",
      user: login.name,
      password: login.password,
      application_name: "the app",
    });
    await client.connect();
    expect(await bed.failUp()).toMatch(/role "basketball" is connected.*the app/);
    expect(await rows()).toBe(3);
    await client.end();
    expect(await bed.bringUp()).toContain('dropped database "basketball"');
    expect(await bed.sql("select from pg_database where datname = 'basketball'")).toEqual([]);
    expect(
      await bed.sql("select from pg_roles where rolname in ('basketball', 'admin_app')"),
    ).toEqual([]);
    bed.configure((config) => {
      delete config["berth:postgres"]["confirmDelete"];
    });
    await bed.bringUp();
    await bed.expectNoChanges();
  });

  it("destroy drops what the last up has confirmed, and nothing else", async () => {
    bed.configure((config) => {
      config["berth:apps"]["netbox"] = { reclaimPolicy: "delete" };
      config["berth:postgres"]["confirmDelete"] = ["netbox"];
    });
    await bed.bringUp();
    const { exitCode, output } = await bed.pulumi(destroy);
    expect(exitCode, output).toBe(0);
    expect(
      await bed.sql(
        "select datname from pg_database where datname not in ('postgres', 'template0', 'template1')",
      ),
    ).toEqual([{ datname: "paperless" }]);
  });
});
