import { type Encoding, encode, encodingMeaning, encodings } from "./encoding.ts";
import { splitPlaceholders, unknownPlaceholder } from "./placeholders.ts";

/**
 * Templates of a Secret's keys, such as `${uri}?sslmode=require`. What a placeholder needs around it follows from the
 * text: inside a URL it is percent-encoded, and a key that is nothing but a placeholder has the value as it is.
 */

/** Fields of the login, by placeholder. They are secret or change with a rotation; an operator fills them in. */
const fields = { user: "username", password: "password" } as const;

/** Values that the stack file decides. */
export interface KnownValues {
  /** Host name and port by which pods reach the server. */
  readonly host: string;
  readonly port: string;
  readonly database: string;
  readonly sslmode: string;
  /** Path of the CA's file in the pods; undefined = the stack file names none. */
  readonly sslrootcert: string | undefined;
  /** undefined = a field of the item says who logs in. */
  readonly user?: string;
}

const known = ["host", "port", "database", "sslmode", "sslrootcert"] as const;

/** Placeholders that stand for several others. */
const composite = {
  uri: "postgresql://${user}:${password}@${host}:${port}/${database}",
  "jdbc-uri": "jdbc:postgresql://${host}:${port}/${database}?password=${password}&user=${user}",
  pgpass: "${host:pgpass}:${port}:${database:pgpass}:${user:pgpass}:${password:pgpass}",
} as const;

/** The keys that CloudNativePG gives to a Secret of its own. */
export const cnpgKeys = {
  username: "${user}",
  user: "${user}",
  password: "${password}",
  host: "${host}",
  port: "${port}",
  dbname: "${database}",
  uri: "${uri}",
  "jdbc-uri": "${jdbc-uri}",
  pgpass: "${pgpass}",
} as const;

const placeholders = [...Object.keys(fields), ...known, ...Object.keys(composite)];

/** The start of a placeholder for one of several databases: `${database.radarr_log}`. */
const ofDatabase = "database.";

export type KeyPart = string | FieldPart;

export interface FieldPart {
  readonly field: (typeof fields)[keyof typeof fields];
  readonly encoding: Encoding;
}

export interface SecretKey {
  readonly name: string;
  readonly parts: readonly KeyPart[];
}

/** A part before the known values are filled in. */
type OpenPart =
  | KeyPart
  | { readonly known: (typeof known)[number]; readonly encoding: Encoding }
  | { readonly database: string; readonly encoding: Encoding };

/** A template's parts, or why it has no meaning. */
export interface ParsedTemplate {
  readonly parts: readonly OpenPart[];
  readonly problems: readonly string[];
}

export function parseTemplate(text: string): ParsedTemplate {
  const parts: OpenPart[] = [];
  const problems: string[] = [];
  const split = splitPlaceholders(text);
  // The text since the last blank or quote: a URL, if it has "://".
  let word = "";
  for (const one of split) {
    if (typeof one === "string") {
      parts.push(one);
      word = (word + one).replace(/^.*[\s"'<>]/s, "");
      continue;
    }
    const place = { isInUrl: word.includes("://"), isAlone: split.length === 1 };
    const found = toParts(one.placeholder, place);
    if (typeof found === "string") problems.push(found);
    else parts.push(...found);
    word += isComposite(one.placeholder) ? composite[one.placeholder] : "x";
  }
  return { parts, problems };
}

interface Place {
  readonly isInUrl: boolean;
  readonly isAlone: boolean;
}

function toParts(placeholder: string, { isInUrl, isAlone }: Place): readonly OpenPart[] | string {
  const [name = "", given, ...rest] = placeholder.split(":");
  const isDatabase = name.startsWith(ofDatabase);
  if (!isDatabase && !placeholders.includes(name))
    return unknownPlaceholder(placeholder, placeholders);
  if (isComposite(name)) {
    if (given !== undefined) return `\${${placeholder}} has its own encoding; write \${${name}}`;
    if (isInUrl) return `\${${name}} stands inside of a URL; write the parts that are needed there`;
    return parseTemplate(composite[name]).parts;
  }
  if (given !== undefined && (rest.length > 0 || !isEncoding(given))) {
    const all = encodings.map((one) => `\${${name}:${one}}`).join(", ");
    return `unknown encoding in \${${placeholder}}; allowed are ${all}`;
  }
  if (name === "password" && given === undefined && !isInUrl && !isAlone) {
    const ways = encodings.map((one) => `\${password:${one}} (${encodingMeaning[one]})`);
    return `\${password} has text around it that is not a URL, so say how the password is written there: ${ways.join(", ")}`;
  }
  const encoding = given ?? (isInUrl ? "url" : "plain");
  if (isDatabase) return [{ database: name.slice(ofDatabase.length), encoding }];
  if (name === "user" || name === "password") return [{ field: fields[name], encoding }];
  return [{ known: name as (typeof known)[number], encoding }];
}

function isComposite(name: string): name is keyof typeof composite {
  return Object.hasOwn(composite, name);
}

function isEncoding(text: string): text is Encoding {
  return (encodings as readonly string[]).includes(text);
}

/** A key with the known values in it. */
export function toSecretKey(name: string, template: string, values: KnownValues): SecretKey {
  const parts: KeyPart[] = [];
  for (const part of parseTemplate(template).parts) {
    const next = toKeyPart(part, values);
    const last = parts.at(-1);
    if (typeof next === "string" && typeof last === "string") parts[parts.length - 1] = last + next;
    else parts.push(next);
  }
  return { name, parts };
}

function toKeyPart(part: OpenPart, values: KnownValues): KeyPart {
  if (typeof part === "string") return part;
  if ("database" in part) return encode[part.encoding](part.database);
  if ("known" in part) return toText(part.known, part.encoding, values[part.known] ?? "");
  if (part.field === "username" && values.user !== undefined) {
    return encode[part.encoding](values.user);
  }
  return part;
}

function toText(name: string, encoding: Encoding, value: string): string {
  // An IPv6 address stands in brackets in a URL (RFC 3986 section 3.2.2).
  if (name === "host" && encoding === "url" && value.includes(":")) {
    return value.startsWith("[") ? value : `[${value}]`;
  }
  return encode[encoding](value);
}

/** Whether a template has a placeholder, alone or with an encoding. */
export function usesPlaceholder(template: string, name: string): boolean {
  return listPlaceholders(template).includes(name);
}

/** The databases that a template names, as in `${database.radarr_log}`. */
export function databasesIn(template: string): readonly string[] {
  return listPlaceholders(template)
    .filter((name) => name.startsWith(ofDatabase))
    .map((name) => name.slice(ofDatabase.length));
}

/** Names of the placeholders, without an encoding. */
function listPlaceholders(template: string): readonly string[] {
  return splitPlaceholders(template).flatMap((part) =>
    typeof part === "string" ? [] : [part.placeholder.split(":")[0] ?? ""],
  );
}
