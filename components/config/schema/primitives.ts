import { z } from "zod";

/**
 * The words a stack file is made of: each says what is legal, and its comment says which distant
 * failure the rule prevents.
 */

const bytes = (text: string): number => Buffer.byteLength(text, "utf8");

/**
 * A role, database or schema name that needs no quoting. Postgres accepts far more, but cuts names at
 * 63 bytes with only a NOTICE, so that a longer name alters somebody else's role
 * (https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-IDENTIFIERS).
 */
export const PgIdentifier = z.string().check((ctx) => {
  const name = ctx.value;
  const problem = identifierProblem(name);
  if (problem !== undefined) ctx.issues.push({ code: "custom", message: problem, input: name });
});

/**
 * A role, database or schema name as somebody once made it: whatever Postgres can store. Names that
 * Berth makes up follow the narrower `PgIdentifier`.
 */
export const PgName = z.string().check((ctx) => {
  const name = ctx.value;
  const problem = nameProblem(name);
  if (problem !== undefined) ctx.issues.push({ code: "custom", message: problem, input: name });
});

function nameProblem(name: string): string | undefined {
  if (name === "") return "is empty";
  if (name.includes("\0") || !name.isWellFormed()) return "is no text that Postgres can store";
  if (bytes(name) > 63) {
    return `is ${String(bytes(name))} bytes long; Postgres cuts names at 63 bytes, so 63 is the most`;
  }
  return undefined;
}

function identifierProblem(name: string): string | undefined {
  const problem = nameProblem(name);
  if (problem !== undefined) return problem;
  if (!/^[a-z_][a-z0-9_]*$/.test(name)) {
    return "is no plain Postgres identifier; allowed are a-z, 0-9 and _, not starting with a digit";
  }
  return undefined;
}

const dnsLabel = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/;

/**
 * A Kubernetes namespace or object name: a DNS label. The API server refuses others only after the
 * manifests are committed.
 */
export const DnsLabel = z
  .string()
  .max(63, { error: "is longer than 63 characters, the most a Kubernetes name may have" })
  .regex(dnsLabel, { error: "is no DNS label; allowed are a-z, 0-9 and - inside" });

/**
 * The app's own name. Everything else derives from it, so it must make a DNS label and, with `-` as
 * `_`, a Postgres identifier; 40 characters leave room for what names.ts adds.
 */
export const AppName = z
  .string()
  .max(40, {
    error: "is longer than 40 characters, which leaves no room for the names made from it",
  })
  .regex(/^[a-z]([a-z0-9-]*[a-z0-9])?$/, {
    error: "is no app name; allowed are a-z, 0-9 and - inside, starting with a letter",
  });

/** Key of a further role of an app; part of logical names and of derived names. */
export const RoleKey = z
  .string()
  .max(20, { error: "is longer than 20 characters" })
  .regex(/^[a-z]([a-z0-9-]*[a-z0-9])?$/, {
    error: "is no role key; allowed are a-z, 0-9 and - inside, starting with a letter",
  })
  .refine((key) => key !== "owner", { error: 'is taken: "owner" is the app\'s owner role' })
  .refine((key) => !/^owner-[ab]$/.test(key), {
    error: "is taken: the logins of the app's owner have such keys",
  });

/** Title or 26-character id of a 1Password vault or item. A `/` would break the operator's itemPath. */
export const ItemName = z
  .string()
  .min(1, { error: "is empty" })
  .refine((name) => !name.includes("/"), { error: 'holds a "/"; use the 26-character id instead' });

/**
 * Iterations and salt of a SCRAM verifier, as they stand in it: `4096:` and base64. Neither is secret,
 * the server tells them to whoever begins a login (RFC 5802 section 5).
 */
export const Scram = z
  .string()
  .regex(/^[1-9]\d{0,6}:([A-Za-z0-9+/]{4})+([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/, {
    error: 'is no "iterations:salt" with the salt in base64; npm run adopt writes it',
  });

/** TCP port. */
export const Port = z.int().min(1).max(65535);

/** The largest number that a Postgres integer holds (manual: "Numeric Types"). */
const maxInt4 = 2_147_483_647;

/** Connections at a time; -1 = no limit. 0 would lock the role out. */
export const ConnectionLimit = z.int().refine((n) => n === -1 || (n >= 1 && n <= maxInt4), {
  error: `allowed are -1 (no limit) and 1 to ${String(maxInt4)}`,
});
