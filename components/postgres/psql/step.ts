import { escapeLiteral } from "pg";
import type { Change } from "../statements/actions.ts";
import { hiddenVerifiers, toStatement } from "../statements/sql.ts";
import { inBlock } from "../statements/try-settings.ts";

export const text = escapeLiteral;

/** `ARRAY['a', 'b']::text[]`. */
export function texts(values: readonly string[]): string {
  return `ARRAY[${values.map(text).join(", ")}]::text[]`;
}

/** Whether the admin role is a superuser. */
export const isSuperuser = "(SELECT rolsuper FROM pg_roles WHERE rolname = current_user)";

/** As in roles.sql: whether `member` has the membership `m` only because it made the role. */
export function isMaker(member: string): string {
  return `(${member}.rolcreaterole AND (m.grantor = m.member
          OR m.admin_option AND coalesce(to_jsonb(m) ->> 'set_option', 'true') = 'false'))`;
}

/** Runs a statement if a condition holds: `\gexec` runs each row of a result as a statement. */
export function step(statement: string, condition: string): string {
  return `SELECT ${statement}\nWHERE ${condition}\n\\gexec`;
}

/** The psql variable with the verifier of a role, by the role's key. */
export function verifierVariable(key: string): string {
  return `verifier_${key.replaceAll("-", "_")}`;
}

/** That variable as an SQL expression; NULL = the script does not change the role's password. */
export function verifierOf(key: string): string {
  return `nullif(:'${verifierVariable(key)}', '')`;
}

/** The statement of a change as an SQL expression, with the psql variable in place of a verifier. */
export function statementOf(change: Change): string {
  const keys: string[] = [];
  const statement = toStatement(change, (key) => {
    keys.push(key);
    return hiddenVerifiers(key);
  });
  const [key] = keys;
  if (key === undefined) return text(statement);
  // A name may look like the placeholder, so only the end is replaced.
  const start = statement.slice(0, -text(hiddenVerifiers(key)).length);
  const template = `${start.replaceAll("%", "%%")}%L`;
  return `format(${text(template)}, ${verifierOf(key)})`;
}

export const block = inBlock;

/** A block that stops the script where the session has lost settings. It does not look in `search_path`. */
export function checkSettings(title: string, wanted: Readonly<Record<string, string>>): string {
  const lost = Object.entries(wanted).map(
    ([name, value]) =>
      `CASE WHEN pg_catalog.current_setting(${text(name)}) OPERATOR(pg_catalog.<>) ${text(value)} THEN ${text(name)} END`,
  );
  const problem =
    "%: the session came without what Berth asks for: %; a connection pooler in between drops it: connect to Postgres itself";
  return block(`DECLARE lost text := pg_catalog.concat_ws(', ',
    ${lost.join(",\n    ")});
BEGIN
  IF lost OPERATOR(pg_catalog.<>) '' THEN RAISE EXCEPTION ${text(problem)}, ${text(title)}, lost; END IF;
END`);
}

/** A block that stops the script, for every problem that a query finds. It shows no control character of a name. */
export function refusal(title: string, problems: readonly string[]): string {
  return block(`DECLARE problems text;
BEGIN
  SELECT string_agg(problem, '; ') INTO problems FROM (
    ${problems.join("\n    UNION ALL\n    ")}
  ) found (problem);
  IF problems IS NOT NULL THEN RAISE EXCEPTION '%: %', ${text(title)}, regexp_replace(problems, '[\\x01-\\x1f\\x7f-\\x9f]', '?', 'g'); END IF;
END`);
}

/** The same at the end, for statements that only a superuser can run. */
export function leaveToSuperuser(app: string, statements: readonly string[]): string {
  return refusal(`app ${app}: everything else is done; a superuser must still do this`, statements);
}
