import { type Action, describeAction } from "./actions.ts";
import { shorten } from "./failure.ts";
import type { Risk } from "./risks.ts";
import { showStatement } from "./sql.ts";

export interface LabelledStatement {
  readonly words: string;
  /** As it runs, with verifiers hidden. */
  readonly sql: string;
  readonly risk?: Risk;
}

/**
 * Labels the statements of one app.
 *
 * @param actions All actions of the app: those on a database that they create give nobody access to old data.
 * @param ownershipRole Membership in it gives no access.
 */
export function labelStatements(
  actions: readonly Action[],
  ownershipRole: string,
): LabelledStatement[] {
  const isNew = actions.some(({ kind }) => kind === "create-database");
  const created = actions.flatMap((one) => (one.kind === "create-role" ? [one.role.name] : []));
  const givesNothing = new Set(isNew ? [ownershipRole, ...created] : [ownershipRole]);
  return actions.map((action) => {
    const risk = riskOf(action, { isNew, givesNothing });
    const sql = shorten(showStatement(action));
    return { words: describeAction(action), sql, ...(risk === undefined ? {} : { risk }) };
  });
}

/**
 * @param database Whether it is new, and the roles in which a membership gives no access to what was there.
 */
function riskOf(
  action: Action,
  database: { readonly isNew: boolean; readonly givesNothing: ReadonlySet<string> },
): Risk | undefined {
  switch (action.kind) {
    case "drop-database":
    case "drop-owned":
    case "drop-role":
      return "drop";
    case "reassign-owned":
    case "hand-over-functions":
      return "reown";
    case "join":
      return database.givesNothing.has(action.group) ? undefined : "access";
    case "set-attributes":
      return action.attributes.some((one) => one === "LOGIN" || one === "REPLICATION")
        ? "access"
        : undefined;
    case "grant":
    case "grant-default":
      return database.isNew ? undefined : "access";
    case "create-ownership-role":
    case "comment-ownership-role":
    case "create-role":
    case "set-password":
    case "clear-password":
    case "limit-connections":
    case "set-search-path":
    case "set-setting":
    case "reset-setting":
    case "leave":
    case "set-role":
    case "join-admin":
    case "create-database":
    case "create-schema":
    case "create-extension":
    case "update-extension":
    case "create-publication":
    case "extend-publication":
    case "revoke":
    case "revoke-default":
      return undefined;
  }
}

/** Shows statements of `app wiki`, or of the `stack` for all apps, as an SQL script with plain words as comments. */
export function formatStatements(whose: string, statements: readonly LabelledStatement[]): string {
  const count = `${String(statements.length)} statement${statements.length === 1 ? "" : "s"}`;
  const lines = statements.flatMap(({ words, sql, risk }) => [
    `-- ${risk === undefined ? "" : `${risk}: `}${words}`,
    `${sql};`,
  ]);
  return [`${whose}: ${count}`, ...lines.map((line) => `  ${line}`)].join("\n");
}

const head = /^(?<whose>app .+|stack): \d+ statements?$/;
const label = /^ {2}-- (?:(?<risk>drop|reown|access): )?(?<words>.*)$/;

/** The reverse of {@link formatStatements}; undefined = the text is something else. */
export function parseStatements(
  text: string,
): { readonly whose: string; readonly statements: readonly LabelledStatement[] } | undefined {
  const [first = "", ...lines] = text.trimEnd().split("\n");
  const whose = head.exec(first)?.groups?.["whose"];
  if (whose === undefined || lines.length === 0 || lines.length % 2 === 1) return undefined;
  const statements: LabelledStatement[] = [];
  for (let at = 0; at < lines.length; at += 2) {
    const found = label.exec(lines[at] ?? "")?.groups;
    if (found === undefined) return undefined;
    const { risk, words = "" } = found;
    const sql = (lines[at + 1] ?? "").trim().replace(/;$/, "");
    statements.push({ words, sql, ...(risk === undefined ? {} : { risk: risk as Risk }) });
  }
  return { whose, statements };
}
