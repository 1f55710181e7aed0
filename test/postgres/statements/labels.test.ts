import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Action } from "../../../components/postgres/statements/actions.ts";
import {
  formatStatements,
  type LabelledStatement,
  labelStatements,
  parseStatements,
} from "../../../components/postgres/statements/labels.ts";
import { risks } from "../../../components/postgres/statements/risks.ts";
import { toTerminalText } from "../../../components/terminal-text.ts";

/** What a preview shows of statements, and which of them somebody should look at. */

const ownershipRole = "berth_prod";
const path = "roles";
const label = (...actions: readonly Action[]) => labelStatements(actions, ownershipRole);
const risksOf = (...actions: readonly Action[]) => label(...actions).map(({ risk }) => risk);

const database = {
  name: "wiki",
  owner: "wiki",
  encoding: "UTF8",
  connectionLimit: -1,
  settings: {},
};
const create: Action = { kind: "create-database", path, database };
const role = (name: string): Action => ({
  kind: "create-role",
  path,
  canLogin: true,
  role: {
    key: "owner",
    name,
    profile: "owner",
    login: "always",
    setRole: undefined,
    connectionLimit: -1,
    memberOf: [],
    searchPath: [],
    settings: {},
    grants: {},
  },
});
const grant: Action = {
  kind: "grant",
  path,
  privileges: ["CONNECT"],
  grantee: "wiki_ro",
  on: { type: "database", database: "wiki" },
};
const join = (group: string): Action => ({ kind: "join", path, role: "wiki", group });

describe("labelStatements", () => {
  it("says each statement in plain words too", () => {
    const [first] = label(role("wiki"));
    expect(first?.words).toBe("role wiki is created");
    expect(first?.sql).toContain('CREATE ROLE "wiki" LOGIN');
    expect(first?.sql).toContain("‹verifier›");
    expect(first).not.toHaveProperty("risk");
  });

  it("marks drops and new owners", () => {
    expect(
      risksOf(
        { kind: "reassign-owned", path, role: "old", owner: "wiki" },
        { kind: "drop-owned", path, role: "old" },
        { kind: "drop-role", path, role: "old" },
        { kind: "drop-database", path, database: "old" },
      ),
    ).toEqual(["reown", "drop", "drop", "drop"]);
  });

  it("marks a grant on a database that is there, and not one on a new database", () => {
    expect(risksOf(grant)).toEqual(["access"]);
    expect(risksOf(create, grant)).toEqual([undefined, undefined]);
  });

  it("marks a membership, unless it gives nothing or the group is as new as the database", () => {
    expect(risksOf(join(ownershipRole))).toEqual([undefined]);
    expect(risksOf(join("staff"))).toEqual(["access"]);
    expect(risksOf(role("staff"), create, join("staff"))).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(risksOf(create, join("staff"))).toEqual([undefined, "access"]);
  });

  it("marks a login that is given back, and no loss of rights", () => {
    const attributes = (...all: string[]): Action => ({
      kind: "set-attributes",
      path,
      role: "wiki",
      attributes: all,
    });
    expect(risksOf(attributes("LOGIN"), attributes("NOLOGIN"), attributes("NOSUPERUSER"))).toEqual([
      "access",
      undefined,
      undefined,
    ]);
    expect(risksOf({ ...grant, kind: "revoke" })).toEqual([undefined]);
  });
});

describe("the text of a preview", () => {
  it("is an SQL script whose comments say whose it is and what it does", () => {
    const text = formatStatements("app wiki", label(grant));
    expect(text).toBe(
      [
        "app wiki: 1 statement",
        "  -- access: role wiki_ro gets CONNECT on database wiki",
        '  GRANT CONNECT ON DATABASE "wiki" TO "wiki_ro";',
      ].join("\n"),
    );
  });

  it("is read back as it was, whatever names it has", () => {
    const line = fc
      .string({ unit: "grapheme" })
      .map((text) => `x${toTerminalText(text.replaceAll("\n", ""))}x`);
    const statement = fc.record<LabelledStatement>(
      { words: line, sql: line, risk: fc.constantFrom(...risks) },
      { requiredKeys: ["words", "sql"] },
    );
    fc.assert(
      fc.property(line, fc.array(statement, { minLength: 1 }), (app, statements) => {
        const whose = `app ${app}`;
        expect(parseStatements(formatStatements(whose, statements))).toEqual({ whose, statements });
      }),
    );
  });

  it.each([
    "",
    "differs from the program; up would do:\n  roles: x",
    "app wiki: 1 statement",
    "app wiki: 2 statements\n  -- a",
  ])("is not mistaken: %j", (text) => {
    expect(parseStatements(text)).toBeUndefined();
  });
});
