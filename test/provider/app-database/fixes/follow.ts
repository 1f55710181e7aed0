import { admin, type DatabaseBed } from "../bed.ts";

/** As whom, where, and the statements. */
const said =
  /\b(?:as (a superuser|the admin|an admin|its owner))(?:,? in database (\S+?))?(?: run)?: (.*)$/;

const sqlWords =
  /^(DO|GRANT|REVOKE|ALTER|CREATE|DROP|SET|RESET|COMMENT|SELECT|COMMIT|ROLLBACK|REASSIGN) /;

/** Runs the statements of a fix, as whom and where it says. Returns whether it has any. */
export async function followFix(bed: DatabaseBed, fix: string): Promise<boolean> {
  const [, who = "", database = "postgres", text = ""] = said.exec(fix) ?? [];
  // A block has semicolons of its own.
  const parts = text.startsWith("DO ") ? [text] : text.split(/; ?/);
  const statements = parts.filter((one) => sqlWords.test(one));
  // One session, as SET ROLE needs it.
  const client = who.endsWith("admin")
    ? await bed.connectWith(admin, database)
    : await bed.connect(database);
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
  return statements.length > 0;
}
