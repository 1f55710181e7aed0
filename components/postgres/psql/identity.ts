import type { StackIdentity } from "../../config/spec/postgres.ts";
import { formatOwningStack, owningLine, toOwnershipComment } from "../rules/roles/identity.ts";
import { isMaker, statementOf, text, texts } from "./step.ts";

/** Checks in a psql script which stack the ownership role belongs to. Same rules as `decideOwnership`. */

const form = `(?n)${owningLine}`;

/** The role, its comment, and the stack and id in it; both are null if there are none. */
function fromRole(role: string): string {
  return `FROM (
        SELECT r.oid, r.rolname, d.description, (regexp_match(d.description, ${text(form)}))[1] AS stack,
          (regexp_match(d.description, ${text(form)}))[2] AS id
        FROM pg_roles r
        LEFT JOIN pg_shdescription d ON d.objoid = r.oid AND d.classoid = 'pg_authid'::regclass
        WHERE r.rolname = ${text(role)}
      ) owning`;
}

export function queryOwnershipProblems(role: string, stack: StackIdentity | undefined): string[] {
  const ids = stack === undefined ? [] : [stack.id, ...(stack.former ?? [])];
  const other = `SELECT format('ownership role "%s" belongs to stack %s (id %s), and this is %s', rolname, stack, id, ${text(stack === undefined ? "a stack without identity" : `stack ${stack.name} (id ${stack.id})`)})
      ${fromRole(role)} WHERE id IS NOT NULL AND id <> ALL (${texts(ids)})`;
  if (stack === undefined || stack.unmarked === role) return [other];
  const fix = statementOf(toOwnershipComment(role, stack));
  const withoutStack = `SELECT format('ownership role "%s" has members and does not say of which stack; if it is this stack''s, run: %s', rolname, ${fix})
      ${fromRole(role)} WHERE id IS NULL AND EXISTS (
        SELECT FROM pg_auth_members m JOIN pg_roles member ON member.oid = m.member
        WHERE m.roleid = owning.oid AND NOT ${isMaker("member")})`;
  return [other, withoutStack];
}

/** Writes the stack's comment on the role. Other lines of its comment stay. */
export function scriptOwnershipComment(role: string, stack: StackIdentity): string {
  const comment = text(formatOwningStack(stack));
  return `SELECT format('COMMENT ON ROLE %I IS %L', rolname, concat_ws(chr(10),
    nullif(btrim(regexp_replace(coalesce(description, ''), ${text(form)}, ''), chr(10)), ''), ${comment}))
${fromRole(role)}
WHERE id IS DISTINCT FROM ${text(stack.id)} OR stack IS DISTINCT FROM ${text(stack.name)}
\\gexec`;
}
