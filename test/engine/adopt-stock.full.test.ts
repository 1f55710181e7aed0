import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Bed } from "./bed.ts";
import { passwordOf } from "./hand-made.ts";
import { openHandMade, servers } from "./hand-made-bed.ts";
import { dumpServer } from "./server-dump.ts";
import { keepSafe } from "./use-bed.ts";

/**
 * The same hand-made apps taken over with the registry's resources: what they would change is refused or
 * shown before, and what they take over says the same afterwards, if in newly written rows.
 */

/** Apps that they cannot keep as they are; those stay with Berth's own provider. */
const unkeepable = ["limits", "paths", "crowded"];

describe.each(Object.values(servers))("Postgres $server", ({ packageName, isAdminSuperuser }) => {
  let bed: Bed;
  let before: readonly string[];
  let roles: readonly { readonly role: string; readonly database: string }[];

  beforeAll(async () => {
    bed = await openHandMade({ packageName, isAdminSuperuser });
  });

  afterAll(async () => {
    await bed.close();
  });

  keepSafe(() => bed);

  beforeAll(async () => {
    await bed.sql(`create role plain login noinherit password '${passwordOf("plain")}'`);
    await bed.sql("create database plain owner plain");
    await bed.sql(
      "create table kept as select 'kept' as note; alter table kept owner to plain",
      "plain",
    );
    await bed.sql("grant readers to plain");
    await bed.sql('alter role plain set search_path = "$user", public');
    await bed.sql("alter role plain set statement_timeout = 300000");
    await bed.sql("alter role plain set work_mem = '8MB'");
    const { apps, passwords } = await propose();
    roles = passwords.map(({ app, role }) => ({
      role,
      database: apps[app]?.database?.name ?? app.replaceAll("-", "_"),
    }));
    for (const { app, role } of passwords) {
      const [key] =
        Object.entries(apps[app]?.roles ?? {}).find(
          ([name, { name: given }]) => (given ?? `${app.replaceAll("-", "_")}_${name}`) === role,
        ) ?? [];
      const title = key === undefined ? app : `${app}-${key}`;
      await bed.addLogin(`${title}-db-credentials`, role, passwordOf(role));
    }
    await propose("--write");
    bed.configure((config) => {
      config["berth:postgres"]["provisioner"] = "postgresql";
    });
    before = await dump();
  });

  async function propose(...more: readonly string[]) {
    const { stdout, stderr, exitCode } = await bed.berth(["adopt", "--json", ...more]);
    expect(exitCode, stderr).toBe(0);
    return JSON.parse(stdout) as {
      apps: Record<
        string,
        { roles?: Record<string, { name?: string }>; database?: { name?: string } }
      >;
      passwords: { app: string; role: string }[];
    };
  }

  /** What the catalogs say, whoever wrote a row last or gave a membership, and in whatever order an ACL was given. */
  async function dump(): Promise<string[]> {
    const lines = await dumpServer((statement, database) => bed.sql(statement, database));
    return lines.map((line) => {
      const text = line
        .replace(/(pg_\w+: )\d+ /, "$1")
        .replaceAll(/\["[^\]]*"\]/g, (list) => list.slice(1, -1).split(", ").toSorted().join(", "));
      const isReplaced = /pg_(auth_members|default_acl): /.test(text);
      const named = isReplaced ? text.replaceAll(/"(oid|grantor)": "?\d+"?,? ?/g, "") : text;
      // Without a superuser the passwords are set unseen: the same, with another salt.
      return isAdminSuperuser ? named : named.replace(/SCRAM-SHA-256[^"]*/, "");
    });
  }

  const edit = (app: string, entry: Record<string, unknown>) =>
    bed.configure((config) => {
      Object.assign(config["berth:apps"][app] as object, entry);
    });

  async function expectRefused(...texts: readonly string[]): Promise<void> {
    const { output, exitCode } = await bed.preview();
    expect(exitCode, output).not.toBe(0);
    for (const text of texts) expect(output).toContain(text);
  }

  it("refuses what their provider cannot write at all", async () => {
    await expectRefused(
      'berth:apps.paths.owner.searchPath: provisioner postgresql cannot write "Archive, old"',
    );
    edit("paths", { provisioner: "berth" });
  });

  it("refuses another owner, a membership and a search_path that an entry does not state", async () => {
    await bed.addLogin("idle-db-credentials", "idle", passwordOf("idle"));
    const repairs = [
      edit("closed", { owner: { name: "idle", item: "idle-db-credentials" } }),
      edit("plain", { owner: {} }),
      edit("latin", { adopt: false }),
    ];
    await expectRefused(
      'database "closed" belongs to role "closed", not to "idle"; Berth never changes an owner',
      "it is a member of readers",
      'fix: add "memberOf: [readers]" under owner',
      "it has search_path $user, public",
      'role "latin" exists and was not made by this stack',
    );
    for (const repair of repairs.toReversed()) repair();
  });

  it("refuses what taking over would lose, and names the provisioner that keeps it", async () => {
    await expectRefused(
      'app limits: role "limits" is a member of "readers" with options',
      "app crowded: provisioner postgresql gives the app's roles their privileges on what others own as well: public.of_stranger_id_seq (stranger), public.of_postgres (postgres), public.of_stranger (stranger)",
      "set berth:apps.crowded.provisioner to berth",
    );
    for (const app of unkeepable) edit(app, { provisioner: "berth" });
  });

  it("shows what will change, and imports the rest without replacing anything", async () => {
    const { output, exitCode } = await bed.preview();
    expect(exitCode, output).toBe(0);
    expect(output).toContain(
      'adopting: app plain: role "plain": it becomes a member of "berth_dev"',
    );
    expect(output).toContain(
      'adopting: app plain: role "plain": its membership in "readers" is granted again, by "coachlight_admin"',
    );
    const password = 'adopting: app plain: role "plain": its password becomes the one in 1Password';
    expect(output.includes(password)).toBe(!isAdminSuperuser);
    expect(output).toMatch(/= \d+ to import/);
    expect(output).not.toMatch(/[+-] \d+ to (delete|replace)/);
    expect(output).not.toMatch(/^ +[-+~] *(inherit|statementTimeout|assumeRole)/m);
    expect(await dump()).toEqual(before);
  });

  it("takes them over, and then has nothing more to do", async () => {
    await bed.bringUp();
    await bed.expectNoChanges();
  });

  it("leaves globals, ownership, ACLs and rows saying what they said, except the comment", async () => {
    const after = await dump();
    const [comment] = await bed.sql<{ id: string }>("select 'berth_dev'::regrole::oid::text as id");
    const [admin] = await bed.sql<{ id: string }>(
      "select 'coachlight_admin'::regrole::oid::text as id",
    );
    const isOwnershipAction = (line: string) =>
      line.includes('"rolname": "berth_dev"') ||
      new RegExp(`pg_auth_members: .*"roleid": "?${comment?.id ?? ""}\\b`).test(line) ||
      // Of the apps that stay with Berth's own provider: the admin may act for their owners.
      (!isAdminSuperuser &&
        new RegExp(`pg_auth_members: .*"member": "?${admin?.id ?? ""}\\b`).test(line));
    const known = new Set(before);
    const found = new Set(after);
    expect(before.filter((line) => !found.has(line))).toEqual([]);
    expect(after.filter((line) => !known.has(line) && !isOwnershipAction(line))).toEqual([]);
  });

  it("lets every role in with the password that it had", async () => {
    for (const { role, database } of roles) {
      const login = { name: role, password: passwordOf(role) };
      expect(await bed.sqlAs(login, database, "select note from kept")).toEqual([{ note: "kept" }]);
    }
  });

  it("never showed a password of theirs", () => {
    expect(bed.outputs.join("\n")).not.toContain("canary-0123");
  });
});
