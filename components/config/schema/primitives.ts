import { z } from "zod";

/** Single values in a stack file. The message says what is allowed, the comment which failure that prevents. */

/** Any text but the empty one. */
export const Text = z.string().min(1);

type OptionalBut<S extends z.core.$ZodLooseShape, K> = z.ZodObject<
  { [P in keyof S]: P extends K ? S[P] : z.ZodOptional<S[P]> },
  z.core.$strict
>;

/** Makes all keys of an object optional but these. */
export function optionalBut<K extends string>(...needed: readonly K[]) {
  return <S extends Record<K, z.core.$ZodType>>(object: z.ZodObject<S, z.core.$strict>) => {
    const others = Object.keys(object.shape).filter((key) => !needed.some((one) => one === key));
    const mask = Object.fromEntries(others.map((key) => [key, true]));
    return object.partial(mask as never) as unknown as OptionalBut<S, K>;
  };
}

/** A check that refuses a value for the reason that `problemOf` finds; undefined = there is none. */
export function refuse<T>(problemOf: (value: T) => string | undefined) {
  return ({ value, issues }: z.core.ParsePayload<T>): void => {
    const message = problemOf(value);
    if (message !== undefined) issues.push({ code: "custom", message, input: value });
  };
}

/**
 * A role, database or schema name that needs no quotes. Postgres cuts a name at 63 bytes with only a
 * NOTICE, so a longer name could alter somebody else's role
 * (https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-IDENTIFIERS).
 */
export const PgIdentifier = z.string().check(refuse(identifierProblem));

/** Any name that Postgres can store, because what is adopted may have one. Derived names are a `PgIdentifier`. */
export const PgName = z.string().check(refuse(nameProblem));

/**
 * The schemas of a search_path. An empty name stands for no schema, as in `ALTER ROLE … SET search_path TO ''`
 * (https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-SEARCH-PATH).
 */
export const SearchPath = z.array(
  z.string().check(refuse((name: string) => (name === "" ? undefined : nameProblem(name)))),
);

function nameProblem(name: string): string | undefined {
  if (name === "") return "is empty";
  if (name.includes("\0") || !name.isWellFormed()) return "is not text that Postgres can store";
  if (name.includes("\n")) return "has a line break; rename it on the server first";
  const bytes = Buffer.byteLength(name, "utf8");
  return bytes > 63
    ? `is ${String(bytes)} bytes long; at most 63 are allowed, because Postgres cuts longer names`
    : undefined;
}

function identifierProblem(name: string): string | undefined {
  const problem = nameProblem(name);
  if (problem !== undefined) return problem;
  return /^[a-z_][a-z0-9_]*$/.test(name)
    ? undefined
    : "is not a plain Postgres identifier; allowed are a-z, 0-9 and _, not starting with a digit";
}

/** Name of a Kubernetes namespace or object. The API server would refuse another only after the commit. */
export const DnsLabel = z
  .string()
  .max(63, { error: "is longer than 63 characters, the limit for a Kubernetes name" })
  .regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/, {
    error: "is not a DNS label; allowed are a-z, 0-9 and - inside",
  });

/**
 * An app's name. Other names derive from it, so it must be a DNS label and, with `-` as `_`, a Postgres
 * identifier. 40 characters leave room for what `derive/names.ts` adds.
 */
export const AppName = z
  .string()
  .max(40, {
    error: "is longer than 40 characters, which leaves no room for the names derived from it",
  })
  .regex(/^[a-z]([a-z0-9-]*[a-z0-9])?$/, {
    error: "is not an app name; allowed are a-z, 0-9 and - inside, starting with a letter",
  });

/** Key of a further role of an app; part of logical names and of derived names. */
export const RoleKey = z
  .string()
  .max(20, { error: "is longer than 20 characters" })
  .regex(/^[a-z]([a-z0-9-]*[a-z0-9])?$/, {
    error: "is not a role key; allowed are a-z, 0-9 and - inside, starting with a letter",
  })
  .refine((key) => key !== "owner", { error: 'is reserved: "owner" is the app\'s owner role' })
  .refine((key) => !/^owner-[ab]$/.test(key), {
    error: "is reserved for the logins of the app's owner",
  });

/** Title or 26-character id of a 1Password vault or item. A `/` would break the operator's itemPath. */
export const ItemName = z
  .string()
  .min(1, { error: "is empty" })
  .refine((name) => !name.includes("/"), { error: 'has a "/"; use the 26-character id instead' });

/**
 * Iterations and salt of a SCRAM verifier, `4096:<base64>`. Neither is secret: the server sends them to
 * every client that starts a login (RFC 5802 section 5).
 */
export const Scram = z
  .string()
  .regex(/^[1-9]\d{0,6}:([A-Za-z0-9+/]{4})+([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/, {
    error: 'is not "iterations:salt" with the salt in base64; the verb adopt writes it',
  });

export const Port = z.int().min(1).max(65535);

/** The largest number that a Postgres integer holds (manual: "Numeric Types"). */
const maxInt4 = 2_147_483_647;

/** Connections at a time; -1 = no limit. 0 would lock the role out. */
export const ConnectionLimit = z.int().refine((n) => n === -1 || (n >= 1 && n <= maxInt4), {
  error: `allowed are -1 (no limit) and 1 to ${String(maxInt4)}`,
});

/** Path of a folder in a Git repository, as Argo CD wants it: relative, without `..`. Empty = the root. */
export const RepositoryPath = z
  .string()
  .regex(/^$|^(?!\.{1,2}(\/|$))[^/\\]+(\/(?!\.{1,2}(\/|$))[^/\\]+)*$/, {
    error: "is not a path in a repository; write it as clusters/home, without / at its ends and ..",
  });

/** Labels of Pods as kubectl takes them with `-l`, with `=` only. */
export const LabelSelector = z.string().regex(/^[\w./-]+=[\w.-]*(,[\w./-]+=[\w.-]*)*$/, {
  error: "is not a list of labels; write it as cluster-name=main,role=primary",
});
