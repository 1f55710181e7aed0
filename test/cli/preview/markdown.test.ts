import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toStackPreview } from "../../../cli/preview/changes.ts";
import { toCode, toCommentId, toMarkdown } from "../../../cli/preview/markdown.ts";
import { database, file, says, shows } from "./digest.ts";

const words = "role wiki_ro gets CONNECT on database wiki";
const grant = {
  words,
  sql: 'GRANT CONNECT ON DATABASE "wiki" TO "wiki_ro"',
  risk: "access",
} as const;
const wiki = [database("update", "wiki"), file("create", "wiki", "k8s/wiki.yml")];

describe("a preview in Markdown", () => {
  it("is one line where nothing changes, after the mark that the next run looks for", () => {
    const text = toMarkdown(toStackPreview("prod", ["wiki"], { steps: [], diagnostics: [] }));
    expect(text).toBe(
      "<!-- berth preview prod -->\n\n**Berth preview of stack `prod`**: no changes\n",
    );
  });

  it("has the risk, the statements and the files of each app", () => {
    const diagnostics = [shows("wiki", grant)];
    const text = toMarkdown(toStackPreview("prod", ["shop", "wiki"], { steps: wiki, diagnostics }));
    expect(text).toBe(
      [
        "<!-- berth preview prod -->",
        "",
        "**Berth preview of stack `prod`**: apps: 1 changes, 1 unchanged",
        "",
        "**Risk: `access (wiki)`**",
        "",
        "#### `wiki`: changes",
        "",
        "```sql",
        `-- access: ${words}`,
        `${grant.sql};`,
        "```",
        "",
        "- `+ file k8s/wiki.yml`",
        "",
      ].join("\n"),
    );
  });

  it("folds more than three statements", () => {
    const diagnostics = [shows("wiki", grant, grant, grant, grant)];
    const text = toMarkdown(toStackPreview("prod", ["wiki"], { steps: wiki, diagnostics }));
    expect(text).toContain("<details><summary>4 statements</summary>\n\n```sql\n");
  });

  it("stays below the limit of a comment, and names the apps that it leaves out", () => {
    const names = Array.from(
      { length: 200 },
      (_, index) => `app-${String(index).padStart(3, "0")}`,
    );
    const digest = {
      steps: names.map((name) => database("update", name)),
      diagnostics: names.map((name) => shows(name, ...Array.from({ length: 20 }, () => grant))),
    };
    const text = toMarkdown(toStackPreview("prod", names, digest));
    expect(text.length).toBeLessThan(60_000);
    expect(text).toContain("The comment would be too long. The log of the job has also: `app-");
    expect(text).toMatch(/and \d+ more\n$/);
  });

  it("names the apps that a failed run did not come to", () => {
    const diagnostics = [says("wiki", "app wiki: no", "error")];
    const digest = { steps: [], diagnostics };
    const text = toMarkdown(toStackPreview("prod", ["shop", "wiki"], digest, true));
    expect(text).toContain("apps: 1 refused, 1 not compared");
    expect(text).toContain("Not compared, because the run stopped at an error: `shop`\n");
  });

  it("lets no name of others become Markdown or HTML", () => {
    const hostile = "`]\\x <img src=x onerror=alert(1)> @everyone <!-- --> ``` | **b** #1";
    const diagnostics = [
      says("wiki", `adopting: role "${hostile}"\n~~~\n\`\`\`\n<script>`),
      shows("wiki", { words: hostile, sql: hostile }),
    ];
    const steps = [...wiki, file("create", "wiki", hostile)];
    const text = toMarkdown(toStackPreview("prod", ["wiki"], { steps, diagnostics }));
    expect(withoutCode(text)).not.toMatch(/[<@|#]\w|script|everyone/);
  });

  it("keeps any text inside its code span", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("`", "a", " ", "\n", "<") }), (text) => {
        const span = toCode(text);
        expect(withoutCode(`x${span}x`)).toBe("xx");
      }),
    );
  });

  it("has a mark that no name of a stack can end", () => {
    expect(toCommentId("--> <b>")).toBe("<!-- berth preview _____b_ -->");
  });
});

/** What is outside of fenced blocks, code spans and the mark; after CommonMark's rules for their fences. */
function withoutCode(text: string): string {
  return text
    .replace(/^<!-- berth preview [\w./]+ -->\n/, "")
    .replace(/^(`{3,})\w*\n[\s\S]*?\n\1(?!`)$/gm, "")
    .replace(/(?<!`)(`+)(?!`)[\s\S]*?(?<!`)\1(?!`)/g, "");
}
