import { createHash, createHmac, pbkdf2, pbkdf2Sync, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";
import { saslprep } from "@mongodb-js/saslprep";
import { findLogin, hasItem } from "../config/logins.ts";
import type { AppSpec, RoleSpec } from "../config/spec.ts";
import { BerthError, toOneError } from "../errors.ts";
import type { Credential } from "../onepassword/credential.ts";

/**
 * SCRAM-SHA-256 verifiers: the form in which Postgres stores a password (`pg_authid.rolpassword`). With
 * them the password itself never reaches the server, its log or Pulumi's state.
 *
 * @see https://www.postgresql.org/docs/current/catalog-pg-authid.html
 * @see RFC 5802 section 3 and RFC 7677
 */

/** PostgreSQL's own default (`scram_iterations`). */
const iterations = 4096;
const keyBytes = 32;
const saltBytes = 16;
const digest = "sha256";
const longestPassword = 1024;

/**
 * The verifier of a password for a role.
 *
 * @param password The exact value in 1Password.
 * @param role Name of the role. Two roles with the same password get different verifiers.
 * @param scram Iterations and salt, `4096:<base64>`: those of the role's live verifier, or from
 * {@link scramFor}.
 */
export function makeVerifier(password: string, role: string, scram = scramFor(role)): string {
  return makeFrom(preparePassword(password, role), scram);
}

function makeFrom(prepared: string, scram: string): string {
  const { rounds, salt } = parseScram(scram);
  return formatVerifier(pbkdf2Sync(prepared, salt, rounds, keyBytes, digest), salt, rounds);
}

/**
 * Iterations and salt for a role whose password is in a 1Password item. They are derived from the role's
 * name and the item's id, so they are the same in every run and different for each role and item.
 *
 * NOTE: nothing of the password may be in the salt. A server sends it to every client that names the role,
 * before the client proves that it knows the password (RFC 5802 section 3).
 */
export function scramFor(role: string, itemId = ""): string {
  const source = `berth verifier salt for ${role} of item ${itemId}`;
  const salt = createHash(digest).update(source).digest().subarray(0, saltBytes);
  return `${String(iterations)}:${salt.toString("base64")}`;
}

const derive = promisify(pbkdf2);

/**
 * The verifier of each role that logs in, by its key in the plan. The login that is not in use has none,
 * because its password is not in 1Password. They are made in Node's thread pool: a stack may have
 * thousands, and each takes about a millisecond of CPU time.
 */
export async function makeVerifiers(
  roles: readonly RoleSpec[],
  credential: (role: RoleSpec) => Credential,
): Promise<ReadonlyMap<string, string>> {
  const make = async (role: RoleSpec): Promise<[key: string, verifier: string]> => {
    const { found, itemId, prepared } = prepareLogin(role, credential);
    const { rounds, salt } = parseScram(role.scram ?? scramFor(found.name, itemId));
    const salted = await derive(prepared, salt, rounds, keyBytes, digest);
    return [found.key, formatVerifier(salted, salt, rounds)];
  };
  return new Map(await Promise.all(roles.filter(hasItem).map(make)));
}

/** Throws one error that lists all passwords without a possible verifier. */
export function refuseUnusablePasswords(
  apps: readonly AppSpec[],
  credential: (role: RoleSpec) => Credential,
): void {
  const problems = apps.flatMap(({ name, roles }) =>
    roles.filter(hasItem).flatMap((role) => {
      try {
        prepareLogin(role, credential);
        return [];
      } catch (error) {
        if (!(error instanceof BerthError)) throw error;
        return error.problems.map((problem) => ({ ...problem, app: name }));
      }
    }),
  );
  if (problems.length > 0) throw toOneError("1Password", problems);
}

/** The login that a role's item names, with its password prepared as Postgres does. */
function prepareLogin(role: RoleSpec, credential: (role: RoleSpec) => Credential) {
  const login = credential(role);
  const found = findLogin(role, login.username);
  if (found === undefined)
    throw new Error(`role ${role.name}: ${login.username} is not one of its logins`);
  const { itemId } = login;
  return { found, itemId, prepared: preparePassword(login.revealPassword(), found.name) };
}

/** Iterations and salt from `4096:<base64>`. */
function parseScram(scram: string): { readonly rounds: number; readonly salt: Buffer } {
  const [rounds = "", salt = ""] = scram.split(":");
  return { rounds: Number(rounds), salt: Buffer.from(salt, "base64") };
}

/** Iterations and salt of a stored verifier, `4096:<base64>`; undefined = not SCRAM, such as md5. */
export function scramOf(verifier: string): string | undefined {
  return /^SCRAM-SHA-256\$([^$]+)\$/.exec(verifier)?.[1];
}

/** Whether a stored verifier belongs to this password. False for md5 hashes and malformed text. */
export function matchesVerifier(verifier: string, password: string): boolean {
  const match =
    /^SCRAM-SHA-256\$([1-9]\d{0,8}:[A-Za-z0-9+/=]+)\$[A-Za-z0-9+/=]+:[A-Za-z0-9+/=]+$/.exec(
      verifier,
    );
  if (match === null) return false;
  const expected = Buffer.from(makeFrom(prepareAsPostgres(password) ?? password, match[1] ?? ""));
  const actual = Buffer.from(verifier);
  return expected.length === actual.length && timingSafeEqual(expected, actual);
}

function formatVerifier(salted: Buffer, salt: Buffer, rounds: number): string {
  const hmac = (text: string): Buffer => createHmac("sha256", salted).update(text).digest();
  const storedKey = createHash("sha256").update(hmac("Client Key")).digest("base64");
  const serverKey = hmac("Server Key").toString("base64");
  return `SCRAM-SHA-256$${String(rounds)}:${salt.toString("base64")}$${storedKey}:${serverKey}`;
}

/**
 * Refuses passwords that Postgres would not store as they are in 1Password. An empty password removes the
 * old one with a NOTICE. NUL breaks the protocol. A lone surrogate is not UTF-8. A code point that SASLprep
 * prohibits is sent unchanged by libpq and mapped by other drivers, so some could not log in. Messages name
 * the position, never the character.
 */
function preparePassword(password: string, role: string): string {
  const refuse = (problem: string): BerthError =>
    new BerthError(`role ${role}: the password in 1Password ${problem}`, {
      hint: `give the item's field "password" a new value of letters and digits`,
    });
  if (password === "") throw refuse("is empty");
  if (password.length > longestPassword) {
    throw refuse(
      `is ${String(password.length)} characters long; at most ${String(longestPassword)} are allowed`,
    );
  }
  if (!password.isWellFormed()) throw refuse("has half a surrogate pair, which is not text");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: finding them is the point
  const control = /[\u0000-\u001f\u007f]/.exec(password);
  if (control !== null) {
    throw refuse(
      `has a control character (such as a line end) at position ${String(control.index + 1)}`,
    );
  }
  const prepared = prepareAsPostgres(password);
  if (prepared === undefined) {
    throw refuse(
      "has a character that SASLprep (RFC 4013) prohibits, or only characters that it removes, so clients would disagree about it",
    );
  }
  return prepared;
}

/**
 * Characters that NFKC changes in the same way in every implementation: Latin letters with accents, signs
 * that are letters, ligatures, full width, and spaces, which are mapped before.
 */
const normalizedAlike =
  /^[\u00a0-\u017f\u1e00-\u1e9b\u1ea0-\u1ef9\u2000-\u200a\u202f\u205f\u2126\u212a\u212b\u3000\ufb00-\ufb06\uff01-\uff5e]$/;

const rightToLeft = /[\p{sc=Hebrew}\p{sc=Arabic}\p{sc=Syriac}\p{sc=Thaana}]/u;

/**
 * SASLprep; undefined = it fails, or Postgres would get another result. Postgres checks prohibited
 * characters and the order of right-to-left text before NFKC (`pg_saslprep` in src/common/saslprep.c), RFC
 * 4013 after it. The results differ if NFKC changes such a character.
 */
function prepareAsPostgres(password: string): string | undefined {
  const isAlike = Array.from(password).every(
    (character) => character.normalize("NFKC") === character || normalizedAlike.test(character),
  );
  const isChanged = password.normalize("NFKC") !== password;
  if (!isAlike || (isChanged && rightToLeft.test(password))) return undefined;
  try {
    // It also fails if nothing of the text would be left.
    return saslprep(password);
  } catch {
    // NOTE: no `cause`, because the library's message might quote the password.
    return undefined;
  }
}
