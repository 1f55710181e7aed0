import { DatabaseError } from "pg";
import { expect, test } from "vitest";
import { BerthError } from "../../components/errors.ts";
import { explainBrokenSession } from "../../components/postgres/statement-failure.ts";

function refusal(code: string, message: string): DatabaseError {
  return Object.assign(new DatabaseError(message, message.length, "error"), { code });
}

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
  const explained = explainBrokenSession(error);
  expect(explained).toBeInstanceOf(BerthError);
  expect((explained as BerthError).message).toMatch(/^Postgres: the session ended/);
  expect((explained as BerthError).message).toContain("run pulumi up again");
  expect((explained as BerthError).cause).toBe(error);
});

test.each([
  ["a fault of the program", new TypeError("x is not a function")],
  ["another answer of the server", refusal("42501", "permission denied")],
  ["what is explained already", new BerthError("app wiki: something else")],
])("%s stays what it is", (_, error) => {
  expect(explainBrokenSession(error)).toBe(error);
});
