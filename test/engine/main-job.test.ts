import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { execa } from "execa";
import { beforeAll, describe, expect, it } from "vitest";
import { projectFolder } from "../../components/project-folder.ts";
import { readNeighbour } from "../../dev/neighbour-check.ts";
import { useBed } from "./use-bed.ts";

/** The main job on real parts, in the order in which an operator meets it. */

const bed = useBed();
let neighbourBefore: string;

beforeAll(async () => {
  neighbourBefore = await readNeighbour(bed.sandbox);
});

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
    const { output, exitCode } = await bed.up();
    expect(output).toContain("18 created");
    expect(exitCode).toBe(0);
  });

  it("changes nothing in a second run, and sends no statement that would", async () => {
    writeFileSync(bed.sandbox.postgresLog, "");
    const { output } = await bed.up();
    expect(output).toContain("18 unchanged");
    expect(output).not.toMatch(/\d+ (created|updated|deleted|replaced)/);
    const log = readFileSync(bed.sandbox.postgresLog, "utf8");
    expect(log).toContain("pg_control_system");
    expect(log).not.toMatch(/statement: *(grant|revoke|alter|create|drop|comment)/i);
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
    await bed.up();
    expect(readFileSync(file, "utf8")).toBe(before);
  });

  it("writes a deleted file again", async () => {
    const file = path.join(bed.gitops, application);
    const before = readFileSync(file, "utf8");
    rmSync(file);
    const { exitCode } = await bed.up();
    expect(exitCode).toBe(0);
    expect(readFileSync(file, "utf8")).toBe(before);
  });
});

describe("rotation", () => {
  it("takes a new password from the vault, and changes that role only", async () => {
    const old = bed.login("netbox-db-credentials");
    await bed.editItem("netbox-db-credentials", (fields) => {
      for (const field of fields)
        if (field["label"] === "password") field["value"] = "Canary0Rotated0Password";
    });
    const { output } = await bed.up();
    expect(output).toMatch(/~ 1 updated/);
    await bed.sqlAs({ name: "netbox", password: "Canary0Rotated0Password" }, "netbox", "select 1");
    await expect(bed.sqlAs(old, "netbox", "select 1")).rejects.toMatchObject({ code: "28P01" });
  });
});

describe("removing an app", () => {
  it("takes its manifests away, and keeps database, rows and logins", async () => {
    const restore = bed.configure((config) => {
      delete config["berth:apps"]["basketball"];
    });
    const owner = bed.login("basketball-db-credentials");
    await bed.sqlAs(owner, "basketball", "insert into player (name) values ('kept')");
    const removed = await bed.up();
    expect(removed.exitCode).toBe(0);
    expect(existsSync(path.join(bed.gitops, "k8s/infra/basketball"))).toBe(false);
    expect(existsSync(path.join(bed.gitops, "argocd/apps/infra/basketball.yml"))).toBe(false);
    expect(await bed.sqlAs(owner, "basketball", "select name from player")).toEqual([
      { name: "kept" },
    ]);
    expect(await bed.sql("select from pg_roles where rolname = 'admin_app'")).toHaveLength(1);
    restore();
  });

  it("takes it up again as it was when the entry comes back", async () => {
    const { output, exitCode } = await bed.up();
    expect(output).toContain("AppDatabase basketball created");
    expect(exitCode).toBe(0);
    const owner = bed.login("basketball-db-credentials");
    expect(await bed.sqlAs(owner, "basketball", "select name from player")).toEqual([
      { name: "kept" },
    ]);
    expect((await bed.up()).output).not.toMatch(/\d+ (created|updated|deleted|replaced)/);
  });
});

describe("adding an app", () => {
  const add = async () => {
    const cli = path.join(projectFolder, "cli/main.ts");
    const args = ["--stack", "dev", "--config-file", bed.sandbox.stackFile, "--no-preview"];
    const all = [cli, "add", "wiki", "--login", "reports=readonly", ...args];
    const env = { ...bed.sandbox.env, NO_COLOR: "1" };
    return await execa(process.execPath, all, { env, stdin: "ignore", reject: false, all: true });
  };

  it("makes its items and its entry, and up does the rest", async () => {
    const added = await add();
    expect(added.exitCode, added.all).toBe(0);
    expect((await bed.up()).exitCode).toBe(0);
    const owner = bed.login("wiki-db-credentials");
    const reports = bed.login("wiki-reports-db-credentials");
    await bed.sqlAs(owner, "wiki", "create table page as select 'text' as content");
    const read = "select content, current_user::text as me from page";
    expect(await bed.sqlAs(reports, "wiki", read)).toEqual([
      { content: "text", me: "wiki_reports" },
    ]);
    const printed = [added.all, ...bed.outputs].join("\n");
    for (const { password } of [owner, reports]) expect(printed).not.toContain(password);
  });

  it("changes nothing the second time", async () => {
    const before = readFileSync(bed.sandbox.stackFile, "utf8");
    const { exitCode, stdout } = await add();
    expect(stdout).toContain("nothing was changed");
    expect(exitCode).toBe(0);
    expect(readFileSync(bed.sandbox.stackFile, "utf8")).toBe(before);
    expect((await bed.up()).output).not.toMatch(/\d+ (created|updated|deleted|replaced)/);
  });
});

describe("the neighbour", () => {
  it("is byte for byte what it was", async () => {
    expect(await readNeighbour(bed.sandbox)).toBe(neighbourBefore);
  });
});
