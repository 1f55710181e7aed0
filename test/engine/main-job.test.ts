import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { keepSafe, useBed } from "./use-bed.ts";

/** The main job on real parts, in the order in which an operator meets it. */

const bed = useBed();
keepSafe(bed);

describe("a fresh stack", () => {
  it("previews everything as new and writes nothing", async () => {
    const { output, exitCode } = await bed.preview();
    expect(output).toContain("18 to create");
    expect(exitCode).toBe(0);
    expect(existsSync(path.join(bed.gitops, "argocd"))).toBe(false);
    expect(await bed.sql("select from pg_roles where rolname in ('netbox', 'berth_dev')")).toEqual(
      [],
    );
  });

  it("comes up in one run", async () => {
    expect(await bed.bringUp()).toContain("18 created");
  });

  it("changes nothing in a second run, sends no statement that would, and logs in to a database once", async () => {
    writeFileSync(bed.sandbox.postgresLog, "");
    const output = await bed.bringUp();
    expect(output).toContain("18 unchanged");
    expect(output).not.toMatch(/\d+ (created|updated|deleted|replaced)/);
    const log = readFileSync(bed.sandbox.postgresLog, "utf8");
    expect(log).toContain("pg_control_system");
    expect(log).not.toMatch(/statement: *(grant|revoke|alter|create|drop|comment)/i);
    const sessions = [...log.matchAll(/\[(\d+)\] coachlight_admin@basketball/g)];
    expect(new Set(sessions.map(([, pid]) => pid)).size).toBe(1);
  });
});

describe("what it made", () => {
  it("lets a role in with the password of the vault, as owner of its database", async () => {
    const rows = await bed.sqlAs(
      bed.login("netbox-db-credentials"),
      "netbox",
      "select current_user as me, pg_get_userbyid(datdba) as owner from pg_database where datname = current_database()",
    );
    expect(rows).toEqual([{ me: "netbox", owner: "netbox" }]);
  });

  it("stores verifiers, and lists exactly the privileges of the plan", async () => {
    const roles = await bed.sql<{ rolname: string; form: string }>(
      "select rolname, left(rolpassword, 14) as form from pg_authid where rolname in ('netbox', 'basketball', 'admin_app') order by 1",
    );
    expect(roles.map((role) => role.form)).toEqual([
      "SCRAM-SHA-256$",
      "SCRAM-SHA-256$",
      "SCRAM-SHA-256$",
    ]);
    const acl = await bed.sql(
      "select datname, datacl::text from pg_database where datname in ('netbox', 'basketball') order by 1",
    );
    expect(acl).toEqual([
      { datname: "basketball", datacl: "{basketball=CTc/basketball,admin_app=c/basketball}" },
      { datname: "netbox", datacl: "{netbox=CTc/netbox}" },
    ]);
  });

  it("gives the scoped role tables that the owner makes later, and no DDL", async () => {
    const owner = bed.login("basketball-db-credentials");
    const admin = bed.login("basketball-admin-db-credentials");
    await bed.sqlAs(owner, "basketball", "create table player (id serial primary key, name text)");
    await bed.sqlAs(admin, "basketball", "insert into player (name) values ('Bird')");
    await bed.sqlAs(admin, "basketball", "update player set name = 'Magic'");
    expect(await bed.sqlAs(admin, "basketball", "select name from player")).toEqual([
      { name: "Magic" },
    ]);
    await bed.sqlAs(admin, "basketball", "delete from player");
    await expect(bed.sqlAs(admin, "basketball", "create table foo (id int)")).rejects.toMatchObject(
      { code: "42501" },
    );
  });

  it("keeps apps out of each other's databases", async () => {
    await expect(
      bed.sqlAs(bed.login("netbox-db-credentials"), "basketball", "select 1"),
    ).rejects.toMatchObject({
      code: "42501",
    });
  });

  it("puts the admin item in the database's namespace and nowhere else", () => {
    const admin = readFileSync(
      path.join(
        bed.gitops,
        "k8s/db-provisioning/postgres-admin/00-onepassworditems-db-postgres.yaml",
      ),
      "utf8",
    );
    expect(admin).toContain("namespace: db-postgres");
    const itemPath = /vaults\/\S+/.exec(admin)?.[0] ?? "no item path";
    const app = readFileSync(
      path.join(bed.gitops, "k8s/infra/netbox/00-onepassworditems-infra-netbox.yaml"),
      "utf8",
    );
    expect(app).not.toContain(itemPath);
  });
});

describe("manifests", () => {
  const application = "argocd/apps/infra/netbox.yml";

  it("shows a hand edit as drift, and puts it right", async () => {
    const file = path.join(bed.gitops, application);
    const before = readFileSync(file, "utf8");
    writeFileSync(file, before.replace("infra-netbox", "somewhere-else"));
    const refreshed = await bed.pulumi(["refresh", "--yes", "--skip-preview", "--diff"]);
    expect(refreshed.output).toContain("somewhere-else");
    await bed.bringUp();
    expect(readFileSync(file, "utf8")).toBe(before);
  });
});

describe("rotation", () => {
  it("takes a new password from the vault, and changes that role only", async () => {
    const old = bed.login("netbox-db-credentials");
    await bed.setField("netbox-db-credentials", "password", "Canary0Rotated0Password");
    expect(await bed.bringUp()).toMatch(/~ 1 updated/);
    await bed.sqlAs({ name: "netbox", password: "Canary0Rotated0Password" }, "netbox", "select 1");
    await expect(bed.sqlAs(old, "netbox", "select 1")).rejects.toMatchObject({ code: "28P01" });
  });
});

describe("adding an app", () => {
  it("makes its items and its entry, and up does the rest", async () => {
    const added = await bed.berth(["add", "wiki", "--login", "reports=readonly", "--no-preview"]);
    expect(added.exitCode, added.stderr).toBe(0);
    await bed.bringUp();
    const owner = bed.login("wiki-db-credentials");
    const reports = bed.login("wiki-reports-db-credentials");
    await bed.sqlAs(owner, "wiki", "create table page as select 'text' as content");
    const read = "select content, current_user::text as me from page";
    expect(await bed.sqlAs(reports, "wiki", read)).toEqual([
      { content: "text", me: "wiki_reports" },
    ]);
  });
});
