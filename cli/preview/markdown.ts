import { toTerminalText } from "../../components/terminal-text.ts";
import { when } from "../../components/when.ts";
import { countOf } from "../print.ts";
import type { AppPreview, StackPreview } from "./model.ts";
import { hasContent, signOf, summarize, summarizeRisks } from "./text.ts";

/**
 * A preview as a comment for a pull request. Names and messages of others are only in code, whose fence is longer
 * than any in the text, so they cannot become Markdown, HTML or the mention of a person.
 */

/** GitHub takes 65,536 characters in a comment, which are fewer than those of the others. */
const mostCharacters = 60_000;

/** The first line of a comment, by which the next run finds it. Nobody sees it. */
export function toCommentId(stack: string): string {
  return `<!-- berth preview ${stack.replaceAll(/[^\w./]/g, "_")} -->`;
}

/** The whole comment. If it would be too long, the last apps are listed by name only. */
export function toMarkdown(preview: StackPreview): string {
  const { apps, shared } = preview;
  const title = `**Berth preview of stack ${toCode(preview.stack)}**`;
  const commentId = toCommentId(preview.stack);
  if (preview.unchanged) {
    const notes = shared.notes.map(toNote);
    return `${[commentId, `${title}: no changes`, ...notes].join("\n\n")}\n`;
  }
  const risk = summarizeRisks(preview);
  const head = [
    commentId,
    `${title}: ${summarize(preview)}`,
    risk === "none" ? "Risk: none" : `**Risk: ${toCode(risk)}**`,
    ...(hasContent(shared) ? ["#### For all apps", ...toPart(shared, [])] : []),
    ...when(
      preview.notComparedApps.length > 0,
      `Not compared, because the run stopped at an error: ${toNames(preview.notComparedApps)}`,
    ),
  ];
  const parts = apps.map((app) => toApp(app).join("\n\n"));
  const left = mostCharacters - head.join("\n\n").length;
  const shown = takeWhileShort(parts, left - 500);
  const rest = apps.slice(shown.length).map(({ app }) => app);
  const last = when(
    rest.length > 0,
    `The comment would be too long. The log of the job has also: ${toNames(rest)}`,
  );
  return `${[...head, ...shown, ...last].join("\n\n")}\n`;
}

function takeWhileShort(parts: readonly string[], limit: number): readonly string[] {
  let length = 0;
  const tooLong = parts.findIndex((part) => {
    length += part.length + 2;
    return length > limit;
  });
  return tooLong === -1 ? parts : parts.slice(0, tooLong);
}

function toNames(apps: readonly string[]): string {
  const names = apps.slice(0, 20).map(toCode).join(", ");
  return apps.length > 20 ? `${names}, and ${String(apps.length - 20)} more` : names;
}

function toApp(app: AppPreview): string[] {
  return [`#### ${toCode(app.app)}: ${app.change}`, ...toPart(app, app.properties)];
}

function toPart(
  { statements, things, notes, errors }: StackPreview["shared"],
  properties: readonly string[],
): string[] {
  const script = statements
    .flatMap(({ words, sql, risk }) => [
      `-- ${risk === undefined ? "" : `${risk}: `}${words}`,
      `${sql};`,
    ])
    .join("\n");
  const isShort = statements.length > 0 && statements.length <= 3;
  const block = toBlock("sql", script);
  const changes = statements.length === 0 ? properties : [];
  return [
    ...errors.map((text) => toBlock("text", `error: ${text}`)),
    ...notes.map(toNote),
    ...(changes.length === 0 ? [] : [`Changes: ${changes.map(toCode).join(", ")}`]),
    ...(statements.length === 0
      ? []
      : isShort
        ? [block]
        : [
            `<details><summary>${countOf(statements.length, "statement")}</summary>`,
            block,
            "</details>",
          ]),
    ...when(
      things.length > 0,
      things
        .map(({ kind, name, change }) => `- ${toCode(`${signOf[change]} ${kind} ${name}`)}`)
        .join("\n"),
    ),
  ];
}

function toNote(text: string): string {
  return text.includes("\n") ? toBlock("text", text) : `- ${toCode(text)}`;
}

/** A text as a code span. */
export function toCode(text: string): string {
  const shown = toTerminalText(text).replaceAll("\n", " ");
  const fence = "`".repeat(longestRun(shown) + 1);
  const edge = shown.startsWith("`") || shown.endsWith("`") || shown === "" ? " " : "";
  return `${fence}${edge}${shown}${edge}${fence}`;
}

function toBlock(language: string, text: string): string {
  const shown = toTerminalText(text);
  const fence = "`".repeat(Math.max(3, longestRun(shown) + 1));
  return `${fence}${language}\n${shown}\n${fence}`;
}

function longestRun(text: string): number {
  return Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
}
