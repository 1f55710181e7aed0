import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { keepSafe, useBed } from "./use-bed.ts";

/** `rotate` on the real engine, item by item and killed in between. */

const bed = useBed();
keepSafe(bed);
const item = "netbox-db-credentials";

beforeAll(async () => {
  bed.configure((config) => {
    const apps = config["berth:apps"] as Record<string, Record<string, unknown>>;
    apps["netbox"] = { ...apps["netbox"], owner: { searchPath: ["public"], connectionLimit: 9 } };
  });
  await bed.bringUp();
});

const rotate = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  bed.berth(["rotate", ...args], env);

/** A PATH whose `pulumi` runs a line of shell before it becomes the real one. */
function putBeforePulumi(name: string, line: string): string {
  const folder = path.join(bed.sandbox.home, name);
  mkdirSync(folder);
  const script = `#!/bin/sh\n${line}\nexec ${bed.toolchain.pulumi} "$@"\n`;
  writeFileSync(path.join(folder, "pulumi"), script, { mode: 0o755 });
  return `${folder}:${bed.toolchain.env["PATH"] ?? ""}`;
}

/** What the server has of every role but its password. */
function roles(): Promise<object[]> {
  return bed.sql(
    `select r.rolname, r.rolcanlogin, r.rolconnlimit, r.rolvaliduntil, s.setconfig,
            array(select roleid::regrole::text from pg_auth_members where member = r.oid order by 1) as member_of
     from pg_roles r left join pg_db_role_setting s on s.setrole = r.oid order by 1`,
  );
}

async function verifiers(): Promise<Map<string, string>> {
  const rows = await bed.sql<{ rolname: string; rolpassword: string }>(
    "select rolname, rolpassword from pg_authid where rolpassword is not null",
  );
  return new Map(rows.map((row) => [row.rolname, row.rolpassword]));
}

function logIn(): Promise<object[]> {
  return bed.sqlAs(bed.login(item), "netbox", "select current_user as me");
}

describe("rotate", () => {
  it("gives one role a new password, and changes nothing else on the server", async () => {
    const password = bed.login(item).password;
    const [rolesBefore, before] = [await roles(), await verifiers()];
    const { exitCode, stdout, stderr } = await rotate(["--app", "netbox", "--json"]);
    expect(stderr).toContain("has a new password");
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      app: "netbox",
      role: "netbox",
      resumed: false,
      secret: { name: "infra-netbox/netbox-db-credentials", outcome: "unseen" },
      verified: true,
    });
    expect(bed.login(item).password).not.toBe(password);
    expect(await logIn()).toEqual([{ me: "netbox" }]);
    expect(await roles()).toEqual(rolesBefore);
    const after = await verifiers();
    expect([...after].filter(([role, verifier]) => before.get(role) !== verifier)).toEqual([
      ["netbox", expect.stringMatching(/^SCRAM-SHA-256\$/)],
    ]);
    await expect(
      bed.sqlAs({ name: "netbox", password }, "netbox", "select 1"),
    ).rejects.toMatchObject({ code: "28P01" });
  });

  it("goes on with a password that was written and not brought to the server", async () => {
    await bed.setField(item, "password", "x".repeat(24));
    const { exitCode, stderr, stdout } = await rotate(["--app", "netbox"]);
    expect(stderr).toContain("does not have the password");
    expect(stdout).toContain("rotated: app netbox, role netbox");
    expect(exitCode).toBe(0);
    expect(bed.login(item).password).toBe("x".repeat(24));
    expect(await logIn()).toEqual([{ me: "netbox" }]);
  });

  it("repairs a password that somebody changed on the server, which only a superuser can see", async () => {
    const before = bed.login(item).password;
    await bed.sql("alter role netbox password 'by-hand'");
    const { exitCode, stderr, stdout } = await rotate(["--app", "netbox"]);
    expect(stderr).toContain("the server still refuses it, so somebody changed it there");
    expect(stdout).toContain("rotated: app netbox, role netbox");
    expect(exitCode).toBe(0);
    expect(bed.login(item).password).not.toBe(before);
    expect(await logIn()).toEqual([{ me: "netbox" }]);
  });

  it.each([
    ["a backend without the stack", { PULUMI_BACKEND_URL: "file:///nowhere" }, "fix what pulumi"],
    ["a wrong passphrase", { PULUMI_CONFIG_PASSPHRASE: "another" }, "fix what pulumi says above"],
    ["a stack that Pulumi does not have", {}, "name a stack that pulumi stack ls lists"],
  ])("writes nothing where pulumi could not run: %s", async (_, env, fix) => {
    const before = bed.login(item).password;
    const stack = fix.includes("stack ls") ? ["--stack", "dev2"] : [];
    const { exitCode, stderr } = await rotate(["netbox", ...stack], env);
    expect(stderr).toContain(
      `app netbox: pulumi preview failed; nothing was changed\n  fix: ${fix}`,
    );
    expect(exitCode).toBe(2);
    expect(bed.login(item).password).toBe(before);
  });

  it("writes nothing where pulumi refuses the target", async () => {
    const before = bed.login(item).password;
    const PATH = putBeforePulumi(
      "other-target",
      'for arg; do shift; case $arg in *::netbox) arg=${arg}x ;; esac; set -- "$@" "$arg"; done',
    );
    const { exitCode, stderr } = await rotate(["--app", "netbox"], { PATH });
    expect(stderr).toContain("AppDatabase::netboxx' could not be found in the stack");
    expect(stderr).toContain("app netbox: pulumi preview failed; nothing was changed");
    expect(exitCode).toBe(2);
    expect(bed.login(item).password).toBe(before);
    expect(await logIn()).toEqual([{ me: "netbox" }]);
  });

  it("says what is true when pulumi fails after the password was written", async () => {
    const PATH = putBeforePulumi("failing-up", '[ "$1" = up ] && exit 1');
    const failed = await rotate(["--app", "netbox"], { PATH });
    expect(failed.stderr).toContain(
      `app netbox: pulumi up failed; vaults/Coachlight/items/${item} has the new password, and the server still has the former one`,
    );
    expect(failed.stderr).toContain("run the same command again");
    expect(failed.exitCode).toBe(2);
    const written = bed.login(item).password;
    const { exitCode, stderr } = await rotate(["--app", "netbox"]);
    expect(stderr).toContain("going on with that one");
    expect(exitCode).toBe(0);
    expect(bed.login(item).password).toBe(written);
  });

  it("changes the admin's own password, and every run goes on with it", async () => {
    const before = bed.login("postgres-admin");
    const stacks = expect.arrayContaining(["dev"]) as unknown;
    const preview = await rotate(["--admin", "--preview", "--json"]);
    expect(preview.exitCode, preview.stderr).toBe(0);
    const role = before.name;
    expect(JSON.parse(preview.stdout)).toMatchObject({ role, rotated: false, stacks });
    expect(bed.login("postgres-admin")).toEqual(before);
    const { exitCode, stdout, stderr } = await rotate(["--admin", "--json"]);
    expect(exitCode, stderr).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ role, resumed: false, rotated: true, stacks });
    expect(stderr).toContain("everything that logs in as");
    const after = bed.login("postgres-admin");
    expect(after.password).not.toBe(before.password);
    await expect(bed.sqlAs(before, "postgres", "select 1")).rejects.toMatchObject({
      code: "28P01",
    });
    await bed.bringUp();
    expect((await rotate(["--app", "netbox", "--admin"])).exitCode).not.toBe(0);
    const alone = await rotate(["--app", "netbox", "--preview"]);
    expect(alone.stderr).toContain("rotate: --preview is for --admin");
  });
});
