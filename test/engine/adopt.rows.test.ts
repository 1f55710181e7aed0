import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { rowsOf } from "../rows.ts";
import type { Bed } from "./bed.ts";
import { handMade, notForAnEntry, passwordOf } from "./hand-made.ts";
import { openHandMade, servers } from "./hand-made-bed.ts";
import { dumpServer } from "./server-dump.ts";
import { keepSafe } from "./use-bed.ts";

/** Apps that people made by hand, taken over without a change: the verb, the CLI, a real server. */

interface Report {
  readonly apps: Record<
    string,
    {
      owner?: { name?: string; item?: string };
      roles?: Record<string, { name?: string; profile?: string; privileges?: object }>;
      database?: { name?: string; schemas?: string[]; extensions?: unknown[] };
    }
  >;
  readonly kept: Record<string, readonly string[]>;
  readonly passwords: readonly { app: string; role: string; state: string; text: string }[];
  readonly leftAlone: readonly { kind: string; name: string; reasons: readonly string[] }[];
  readonly superuser: readonly string[];
  readonly written?: string;
}

/** Lines of one dump that the other does not have. */
function subtract(lines: readonly string[], others: readonly string[]): string[] {
  const known = new Set(others);
  return lines.filter((line) => !known.has(line));
}

const statements = /^ +((?:GRANT|REVOKE|ALTER|CREATE|DROP|COMMENT).*);$/gm;

const tried = rowsOf([servers.newest], [servers.old]);

describe.each(tried)("Postgres $server", ({ packageName, isAdminSuperuser }) => {
  let bed: Bed;
  let before: readonly string[];
  let report: Report;

  beforeAll(async () => {
    bed = await openHandMade({ packageName, isAdminSuperuser });
    before = await dumpServer((statement, database) => bed.sql(statement, database));
  });

  afterAll(async () => {
    await bed.close();
  });

  keepSafe(() => bed);

  it("proposes every app, and says why not of the rest", async () => {
    const { stdout, stderr, exitCode } = await bed.berth(["adopt", "--json"]);
    expect(exitCode, stderr).toBe(0);
    report = JSON.parse(stdout) as Report;
    const databases = Object.entries(report.apps).map(
      ([key, { database }]) => database?.name ?? key.replaceAll("-", "_"),
    );
    expect(databases.toSorted()).toEqual(handMade.toSorted());
    for (const key of Object.keys(report.apps)) expect(key).toMatch(/^[a-z][a-z0-9-]*$/);
    for (const [kind, name, why] of notForAnEntry) {
      const found = report.leftAlone.find((one) => one.kind === kind && one.name === name);
      expect(found?.reasons.join("; "), name).toMatch(why);
    }
    expect(report.leftAlone.map(({ name }) => name)).not.toContain("paperless");
    expect(Object.values(report.apps["crowded"]?.roles ?? {})).toMatchObject([
      { name: "Crowded Writer", profile: "readwrite" },
      { profile: "readonly" },
    ]);
    expect(report.superuser).toEqual([]);
  });

  it("says in an entry which schemas, extensions and privileges there are", () => {
    expect(report.apps["extras"]?.database).toEqual({
      schemas: ["archive"],
      extensions: ["pgcrypto"],
    });
    expect(report.apps["shop"]).toMatchObject({
      roles: { ro: { profile: "readonly" } },
      database: {
        schemas: ["billing"],
        extensions: ["pg_trgm", { name: "hstore", schema: "billing" }],
      },
    });
    expect(report.apps["jobs"]?.roles).toMatchObject({
      etl: {
        profile: "readwrite",
        privileges: { database: ["TEMPORARY"], tables: ["TRUNCATE"], functions: ["EXECUTE"] },
      },
      metrics: { privileges: { tables: ["SELECT"] } },
    });
  });

  it("lists what stays outside the entries", () => {
    expect(report.kept["paths"]).toEqual(
      expect.arrayContaining([
        'setting work_mem=8MB of role "paths"',
        "setting TimeZone=UTC",
        "setting for paths statement_timeout=5min",
      ]),
    );
    expect(report.kept["crowded"]).toEqual(
      expect.arrayContaining([
        'schema "theirs"',
        'tables of "stranger"',
        'tables of "postgres"',
        expect.stringContaining('grants to "crowded_odd"') as unknown,
        expect.stringContaining('grants to "readers"') as unknown,
        'default privileges of "stranger"',
      ]),
    );
    expect(report.kept["extras"]).toEqual(['grants to "readers"', 'publication "p"']);
  });

  it("names the items that are missing, with the command that makes them", async () => {
    expect(report.passwords.map(({ state }) => state)).toEqual(
      report.passwords.map(() => "no item"),
    );
    expect(report.passwords[0]?.text).toContain("op item create");
    for (const { app, role } of report.passwords) {
      const key = Object.entries(report.apps[app]?.roles ?? {}).find(
        ([name, { name: given }]) => (given ?? `${app.replaceAll("-", "_")}_${name}`) === role,
      )?.[0];
      const title = key === undefined ? `${app}-db-credentials` : `${app}-${key}-db-credentials`;
      await bed.addLogin(title, role, passwordOf(role));
    }
  });

  it("compares the items' passwords with those of the roles", async () => {
    const { stdout, stderr, exitCode } = await bed.berth(["adopt", "--json"]);
    expect(exitCode, stderr).toBe(0);
    const states = new Set((JSON.parse(stdout) as Report).passwords.map(({ state }) => state));
    expect([...states]).toEqual([isAdminSuperuser ? "same" : "unknown"]);
  });

  it("refuses what is asked for and cannot be had, and says why", async () => {
    const two = await bed.berth(["adopt", "--app", "two_a", "--write"]);
    expect(two).toMatchObject({ exitCode: 1 });
    expect(two.stdout).toMatch(
      /^left alone: database "two_a": .*owns the databases "two_a" and "two_b"/m,
    );
    expect(two.stdout).toMatch(/^not adopted: "two_a"; nothing was written$/m);
    const nothing = await bed.berth(["adopt", "--app", "wikki"]);
    expect(nothing).toMatchObject({ exitCode: 2, stdout: "" });
    expect(nothing.stderr).toMatch(
      /there is no database "wikki".*\n {2}fix: name one of " leading and/,
    );
    const reserved = await bed.berth(["adopt", "--app", "paperless"]);
    expect(reserved).toMatchObject({ exitCode: 2, stdout: "" });
    expect(reserved.stderr).toContain('"paperless" is reserved (berth:postgres.reserved)');
    expect((await bed.berth(["adopt", "--app", "CamelCase"])).stdout).toMatch(
      /^1 app with 1 role proposed, 0 left/m,
    );
  });

  it("writes the entries once", async () => {
    const first = await bed.berth(["adopt", "--write"]);
    expect(first.exitCode, first.stderr).toBe(0);
    expect(first.stdout).toMatch(
      /^33 apps with 38 roles proposed, \d+ left alone; added to \S+; next: pulumi preview --stack dev --config-file \S+$/m,
    );
    const text = readFileSync(bed.sandbox.stackFile, "utf8");
    const again = await bed.berth(["adopt", "--write"]);
    expect(again.stdout).toMatch(/^nothing to adopt: \d+ left alone$/m);
    expect(readFileSync(bed.sandbox.stackFile, "utf8")).toBe(text);
  });

  it("has changed nothing on the server so far", async () => {
    const after = await dumpServer((statement, database) => bed.sql(statement, database));
    expect({ added: subtract(after, before), gone: subtract(before, after) }).toEqual({
      added: [],
      gone: [],
    });
  });

  it("previews no statement but the mark", async () => {
    const { output, exitCode } = await bed.preview();
    expect(exitCode, output).toBe(0);
    const found = [...output.matchAll(statements)].map(([, statement]) => statement ?? "");
    expect(found.filter((statement) => !isOwnershipAction(statement))).toEqual([]);
    expect(found.filter((statement) => statement.startsWith('GRANT "berth_dev" TO'))).toHaveLength(
      38,
    );
  });

  /** Without a superuser: the admin may act for the owner, and passwords are set unseen. */
  function isOwnershipAction(statement: string): boolean {
    if (statement === `CREATE ROLE "berth_dev" NOLOGIN VALID UNTIL 'infinity'`) return true;
    if (statement.startsWith('GRANT "berth_dev" TO ')) return true;
    if (/^COMMENT ON ROLE "berth_dev" IS 'berth: stack [^']*'$/.test(statement)) return true;
    if (isAdminSuperuser) return false;
    return /^GRANT .* TO CURRENT_USER$|^ALTER ROLE .* PASSWORD '‹verifier›'$/.test(statement);
  }

  it("takes them over", async () => {
    await bed.bringUp();
    await bed.expectNoChanges();
  });

  it("leaves globals, ownership, ACLs and rows byte for byte, except the comment", async () => {
    const after = await dumpServer((statement, database) => bed.sql(statement, database));
    const comments = await bed.sql<{ line: string }>(
      `select 'pg_authid: ' || r.xmin || ' ' || to_jsonb(r)::text as line from pg_authid r where rolname = 'berth_dev'
       union all
       select 'pg_auth_members: ' || m.xmin || ' ' || to_jsonb(m)::text from pg_auth_members m
       where m.roleid = 'berth_dev'::regrole or m.member = 'coachlight_admin'::regrole`,
    );
    const added = subtract(after, before);
    const gone = subtract(before, after);
    if (isAdminSuperuser) {
      expect(gone).toEqual([]);
      expect(added.toSorted()).toEqual(comments.map(({ line }) => line).toSorted());
      expect(added).toHaveLength(1 + 38);
      return;
    }
    // Each role has a verifier of the same password, with another salt; nothing else.
    const bare = (lines: readonly string[]) =>
      lines.map((line) => line.replace(/^pg_authid: \d+/, "").replace(/SCRAM-SHA-256[^"]*/, ""));
    const rest = added.filter((line) => !comments.some((comment) => comment.line === line));
    expect(bare(rest).toSorted()).toEqual(bare(gone).toSorted());
    expect(rest).toHaveLength(38);
  });

  it("lets every role in with the password that it had", async () => {
    for (const { role, app } of report.passwords) {
      const database = report.apps[app]?.database?.name ?? app.replaceAll("-", "_");
      const login = { name: role, password: passwordOf(role) };
      expect(await bed.sqlAs(login, database, "select note from kept")).toEqual([{ note: "kept" }]);
    }
  });

  it("never showed a password of theirs", () => {
    expect(bed.outputs.join("\n")).not.toContain("canary-0123");
  });
});
