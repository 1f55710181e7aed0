import fc from "fast-check";
import { escapeLiteral } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeVerifier, matchesVerifier } from "../../components/postgres/verifier.ts";
import { startTestServer, type TestServer } from "../fakes/postgres-server.ts";

const role = "netbox";
let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
  await server.superuser.query(`create role ${role} login`);
}, 60_000);

afterAll(async () => {
  await server.stop();
}, 120_000);

async function setVerifier(password: string): Promise<void> {
  const verifier = makeVerifier(password, role);
  await server.superuser.query(`alter role ${role} password ${escapeLiteral(verifier)}`);
}

test.each([
  ["letters and digits", "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0dF"],
  ["a single quote", "o'clock-canary"],
  ["a double quote", 'say "canary"'],
  ["a backslash", "back\\slash\\\\canary"],
  ["dollar quotes", "$$canary$$ $tag$"],
  ["percent signs", "100%canary%s%I"],
  ["what divides a URL", "user:canary@host/db?x#y"],
  ["spaces around and inside", "  can ary  "],
  ["the word null", "null"],
  ["the word NULL", "NULL"],
  ["the look of an md5 hash", "md5cafe4b1dcafe4b1dcafe4b1dcafe4b1d"],
  ["the look of a verifier", makeVerifier("canary", "somebody")],
  ["a semicolon and a comment", "x'; drop role canary; --"],
  ["braces as in a template", "${canary} {{canary}}"],
  ["accents, composed", "caf\u00e9 canary"],
  ["accents, decomposed", "cafe\u0301 canary"],
  ["an Ångström sign, which becomes a letter", "\u212b canary"],
  ["a no-break space, which becomes a space", "can\u00a0ary"],
  ["a soft hyphen, which disappears", "can\u00adary"],
  ["a zero-width space, which becomes a space", "can\u200bary"],
  ["a byte order mark, which disappears", "\ufeffcanary"],
  ["a ligature, which becomes two letters", "\ufb01nd the canary"],
  ["Cyrillic", "канарейка"],
  ["Hebrew", "קנרית"],
  ["Chinese", "金絲雀"],
  ["1024 characters, the most there are", "canary".padEnd(1024, "x")],
])("a password with %s opens a session through its verifier", async (_, password) => {
  await setVerifier(password);
  expect(await server.tryLogin(role, password)).toBe(true);
  expect(await server.tryLogin(role, `${password}x`)).toBe("28P01");
});

test("whatever text a verifier is made from opens a session, in ASCII and beyond", async () => {
  const text = fc.oneof(
    fc.string({ minLength: 1, maxLength: 40 }),
    fc.string({ unit: "grapheme", minLength: 1, maxLength: 6 }),
    fc.string({ unit: "grapheme-composite", minLength: 1, maxLength: 6 }),
  );
  await fc.assert(
    fc.asyncProperty(text, async (password) => {
      fc.pre(isAccepted(password));
      await setVerifier(password);
      expect(await server.tryLogin(role, password)).toBe(true);
    }),
    { numRuns: 50 },
  );
}, 120_000);

test("Postgres, given the plaintext, stores a verifier of the same prepared password", async () => {
  const text = fc.string({ unit: "grapheme", minLength: 1, maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(text, async (password) => {
      fc.pre(isAccepted(password));
      await server.superuser.query("set log_statement = 'none'");
      await server.superuser.query(`alter role ${role} password ${escapeLiteral(password)}`);
      await server.superuser.query("reset log_statement");
      expect(matchesVerifier(await readVerifier(), password)).toBe(true);
    }),
    { numRuns: 50 },
  );
}, 120_000);

test("the text of a verifier is no password", async () => {
  await setVerifier("canary");
  expect(await server.tryLogin(role, makeVerifier("canary", role))).toBe("28P01");
});

test("a second run finds in the catalog what it would write", async () => {
  await setVerifier("canary");
  expect(await readVerifier()).toBe(makeVerifier("canary", role));
});

test("no password of this file reached the server's log, which holds every statement", () => {
  const log = server.readLog();
  expect(log).toContain(`alter role ${role} password 'SCRAM-SHA-256$`);
  expect(log).not.toMatch(/canary|aB3dE6gH9jK2|канарейка|金絲雀/i);
});

function isAccepted(password: string): boolean {
  try {
    makeVerifier(password, role);
    return true;
  } catch {
    return false;
  }
}

async function readVerifier(): Promise<string> {
  const { rows } = await server.superuser.query<{ verifier: string }>(
    "select rolpassword as verifier from pg_authid where rolname = $1",
    [role],
  );
  return rows[0]?.verifier ?? "";
}
