import { DatabaseError } from "pg";
import { expect, test } from "vitest";
import { BerthError } from "../../../components/errors.ts";
import {
  explainReadFailure,
  explainStatementFailure,
} from "../../../components/postgres/statements/failure.ts";

function refusal(code: string, message: string): DatabaseError {
  return Object.assign(new DatabaseError(message, message.length, "error"), { code });
}

const session = { user: "admin", database: "wiki" };

test.each([
  [
    "function pg_control_system",
    'GRANT EXECUTE ON FUNCTION pg_catalog.pg_control_system TO "admin"',
  ],
  ["view pg_roles", 'GRANT SELECT ON pg_catalog.pg_roles TO "admin"'],
  ["table pg_database", 'GRANT SELECT ON pg_catalog.pg_database TO "admin"'],
])("a %s that the role may not read is named, with the statement that helps", (name, grant) => {
  const error = refusal("42501", `permission denied for ${name}`);
  const explained = explainReadFailure(error, session) as BerthError;
  expect(explained.message).toContain('role "admin" cannot read the catalog of database "wiki"');
  expect(explained.hint).toBe(`as a superuser, in database wiki: ${grant}`);
});

test.each([
  ["a server that stops", refusal("57P01", "terminating connection due to administrator command")],
  ["a server that crashed", refusal("57P02", "terminating connection because of crash")],
  ["a connection that breaks", new Error("Connection terminated unexpectedly")],
  [
    "a session that was lost before it is used again",
    new Error("Client has encountered a connection error and is not queryable"),
  ],
  ["a network that breaks", Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" })],
])("%s between two statements says what happened, and how to go on", (_, error) => {
  const explained = explainReadFailure(error, session);
  expect(explained).toBeInstanceOf(BerthError);
  expect((explained as BerthError).message).toMatch(/^Postgres: the session ended/);
  expect((explained as BerthError).message).toContain("run the same command again");
  expect((explained as BerthError).cause).toBe(error);
});

test.each([
  ["a fault of the program", new TypeError("x is not a function")],
  ["another answer of the server", refusal("42P01", 'relation "x" does not exist')],
  ["what is explained already", new BerthError("app wiki: something else")],
])("%s stays what it is", (_, error) => {
  expect(explainReadFailure(error, session)).toBe(error);
});

test.each([
  ["53100", "could not extend file: No space left on device", "free some space first"],
  ["53200", "out of shared memory", "raise max_locks_per_transaction"],
  ["53300", "sorry, too many clients already", "lower berth:postgres.connectionLimit"],
  ["25006", "cannot execute CREATE ROLE in a read-only transaction", "the primary's Service"],
  ["55P03", "canceling statement due to lock timeout", "SELECT pid, usename, application_name"],
  ["XX000", "tuple concurrently updated", "run pulumi up again"],
  ["42P04", 'database "wiki" already exists', "run pulumi up again"],
  ["55006", 'database "wiki" is being accessed by other users', "-2 = half dropped"],
  ["2BP01", 'role "wiki" cannot be dropped', "give them another owner"],
  ["42501", "permission denied to create role", 'ALTER ROLE "admin" CREATEROLE'],
  ["42501", 'must be able to SET ROLE "wiki"', 'GRANT "wiki" TO "admin" WITH ADMIN TRUE'],
  ["57P03", "the database system is starting up", "when it is back"],
])("SQLSTATE %s says which app, what was not done, and what to do", (code, message, hint) => {
  const failure = explainStatementFailure(refusal(code, message), {
    app: "wiki",
    intent: "role wiki is made",
    statement: "CREATE ROLE wiki",
    admin: "admin",
    role: "wiki",
    versionNumber: 180_000,
  });
  const head = `app wiki: role wiki is made: not done: ${message} (SQLSTATE ${code})`;
  expect(failure.message).toContain(`${head}\n  statement: CREATE ROLE wiki\n  fix: `);
  expect(failure.hint).toContain(hint);
});
