import { existsSync, globSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { verbs } from "../cli/verbs.ts";
import { madeParts, profileTable, withMadeParts } from "../dev/documents/readme.ts";
import { findProblems, type Written, writeStack } from "./fakes/stack.ts";

/** The documents name only what a test runs. */

const root = new URL("..", import.meta.url);
const readText = (file: string): string => readFileSync(new URL(file, root), "utf8");
const readme = readText("README.md");
const documents = globSync(["*.md", ".github/*.md", "docs/**/*.md"], {
  cwd: fileURLToPath(root),
}).toSorted();
/** What a person types at a debugger; engine/debugging.full.test.ts types it. */
const interactive = "docs/debugging.md";
/** For who uses Berth. */
const pages = documents.filter(
  (file) => file === "README.md" || (file.startsWith("docs/") && file !== interactive),
);

/** The blocks of a language in all pages. */
function blocksOf(language: string): readonly string[] {
  const fence = new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, "g");
  return pages.flatMap((file) =>
    [...readText(file).matchAll(fence)].map(([, block]) => block ?? ""),
  );
}

/** Scripts that a page names as former ones. */
const gone = ["test:cluster"];

/** Command of a page → the test that runs it. */
const runBy: Readonly<Record<string, string>> = {
  "npm start": "engine/start.full.test.ts",
  "npm test": "../.ci/run",
  "npm run verify -- --stack dev": "engine/start.full.test.ts",
  "npm run verify -- --stack dev --json": "engine/start.full.test.ts",
  "npm run pulumi -- preview": "engine/start.full.test.ts",
  "npm run add -- wiki --stack dev": "engine/five-minutes.full.test.ts",
  "npm run preview -- --stack dev": "engine/five-minutes.full.test.ts",
  "npm run pulumi -- up --yes": "engine/five-minutes.full.test.ts",
  "npm run rotate -- wiki --stack dev": "engine/five-minutes.full.test.ts",
  "npm run report -- --stack dev --html --live --out report.html":
    "engine/five-minutes.full.test.ts",
  "npm run add -- wiki --stack prod": "cli/add/verb.test.ts",
  "npm run add -- wiki --stack prod --login reports=readonly --git apps/wiki":
    "cli/add/verb.test.ts",
  "npm run add -- wiki --stack prod --chart wiki --repo ghcr.io/example/charts --chart-version 1.2.3":
    "cli/add/args.test.ts",
  "npm run add -- netbox --stack prod --preset netbox": "cli/add/args.test.ts",
  "npm start -- --stop": "engine/start.full.test.ts",
  "npm start -- --down": "engine/start.full.test.ts",
  // What run.mjs does in a fresh clone.
  "npm ci": "engine/start.full.test.ts",
  "pulumi stack init prod": "engine/config.test.ts",
  "npm pack": "engine/package.full.test.ts",
  "pulumi new ../berth/template": "engine/package.full.test.ts",
  "npm install ../berth/berth-0.1.0.tgz": "engine/package.full.test.ts",
  "npx berth init": "engine/package.full.test.ts",
  "npx berth doctor": "engine/package.full.test.ts",
  "pulumi preview": "engine/package.full.test.ts",
  "pulumi up": "engine/package.full.test.ts",
  "npx berth verify": "engine/package.full.test.ts",
  "npm run plan -- --stack prod": "cli/plan/verb.test.ts",
  "npm run plan -- wiki --stack prod --vault": "cli/main.test.ts",
  "npm run report -- --stack prod": "cli/report/verb.test.ts",
  "npm run report -- --stack prod --html --out report.html": "cli/report/page/browser.full.test.ts",
  "npm run report -- --stack prod --html --live --out report.html":
    "engine/five-minutes.full.test.ts",
  "npm run report -- --stack prod --mermaid --out report.mmd": "cli/report/page/page.test.ts",
  "npm run report -- --stack prod --json": "cli/report/verb.test.ts",
  "npm run report -- --stack prod --runbook --admin": "cli/report/runbook.test.ts",
  "pulumi import berth:postgres:AppDatabase wiki wiki --stack prod": "engine/import.full.test.ts",
  "pulumi import postgresql:index/role:Role wiki-owner wiki --stack prod":
    "engine/import.full.test.ts",
  "pulumi import postgresql:index/database:Database wiki-database wiki --stack prod":
    "engine/import.full.test.ts",
  // On the sandbox's stack, which is the same command with another name.
  "pulumi preview --stack prod": "engine/main-job.test.ts",
  "pulumi up --stack prod": "engine/main-job.test.ts",
  "pulumi cancel --stack prod": "engine/killed.test.ts",
  "npm run preview -- --stack prod": "engine/preview.full.test.ts",
  "npm run preview -- --stack prod --markdown": "engine/preview.full.test.ts",
  "npm run preview -- --stack prod --json": "engine/preview.full.test.ts",
  "npm run preview -- --stack prod --fail-on drop,reown,access": "engine/preview.full.test.ts",
  "npm run preview -- --stack prod --save-plan plan.json": "engine/preview.full.test.ts",
  "pulumi up --stack prod --plan plan.json": "engine/preview.full.test.ts",
  "pulumi preview --stack prod --policy-pack policy": "engine/policy.full.test.ts",
  "pulumi preview --policy-pack node_modules/berth/dist/policy": "engine/package.full.test.ts",
  "npm run verify -- --stack prod": "engine/start.full.test.ts",
  "npm run doctor -- --stack prod": "engine/doctor.test.ts",
  "npm run adopt -- --stack prod": "engine/adopt.rows.test.ts",
  "npm run adopt -- --stack prod --write": "engine/adopt.rows.test.ts",
  "npm run rotate -- --stack prod --admin": "engine/rotate.test.ts",
  "npm run rotate -- --stack prod --admin --preview": "engine/rotate.test.ts",
  "npm run rotate -- wiki --stack prod": "engine/rotate.test.ts",
  "npm run rotate -- wiki --stack prod --keys": "cli/rotate/write-keys.test.ts",
  "npm run rotate -- wiki --stack prod --retire": "engine/rotate-two-logins.full.test.ts",
};

describe("the pages for users", () => {
  it("have only commands that a test runs", () => {
    const commands = blocksOf("sh").flatMap((block) => block.trim().split("\n"));
    expect([...new Set(commands)].toSorted()).toEqual(Object.keys(runBy).toSorted());
  });

  it("show commands in blocks of `sh` alone", () => {
    const languages = pages.flatMap((file) => [...readText(file).matchAll(/^ *```(\w+)/gm)]);
    const known = ["json", "mermaid", "sh", "sql", "text", "yaml"];
    expect(languages.map(([, name = ""]) => name).filter((name) => !known.includes(name))).toEqual(
      [],
    );
  });

  it("name in their sentences only commands and options that there are", () => {
    const { scripts } = JSON.parse(readText("package.json")) as { scripts: object };
    const inSentences = pages.flatMap((file) => [
      ...readText(file).matchAll(/`(npm run|npx berth) (?<name>[a-z:]+)(?<args>[^`\n]*)`/g),
    ]);
    expect(inSentences.length).toBeGreaterThan(10);
    for (const { 0: text, groups: { name = "", args = "" } = {} } of inSentences) {
      const verb = verbs.find((one) => one.name() === name);
      expect(verb !== undefined || name in scripts || gone.includes(name), text).toBe(true);
      const known = ["--help", ...(verb?.options.map(({ long }) => long) ?? [])];
      const given = args.match(/--[a-z][a-z-]*/g) ?? [];
      if (verb) expect(known, text).toEqual(expect.arrayContaining(given));
    }
  });

  it.each(Object.entries(runBy))("%s: the test has its verb and options", (command, file) => {
    const test = readFileSync(new URL(file, import.meta.url), "utf8");
    const options = command.match(/(?<= --)[a-z][a-z-]*/g) ?? [];
    const verb = /^(?:npm run|npx berth|pulumi) ([a-z]+)/.exec(command)?.[1] ?? "";
    // Which stack it is makes no difference.
    for (const word of [verb, ...options].filter((one) => one !== "stack")) {
      expect(test, word).toContain(word);
    }
  });

  it("have the table of profiles that the plan makes", () => {
    const rows = profileTable().split("\n");
    expect(rows).toContain("| `readonly` | CONNECT | USAGE | SELECT | SELECT | – |");
    expect(rows).toHaveLength(5);
  });

  it("show entries that are right", () => {
    const gitops = { directory: "../gitops", repoURL: "https://git.example.org/gitops.git" };
    const blocks = blocksOf("yaml").filter((block) =>
      /^berth:(apps|secrets|onepassword|charts|postgres):/.test(block),
    );
    expect(blocks.length).toBeGreaterThan(4);
    for (const block of blocks) {
      const { "berth:apps": apps, ...others } = parse(block) as Written;
      const own = Object.entries(others).map(([key, value]) => [key.slice("berth:".length), value]);
      const more = Object.fromEntries(own) as Written;
      const minimal = writeStack(apps ?? {}, { reserved: [] });
      const postgres = { ...(minimal["postgres"] as Written), ...(more["postgres"] as Written) };
      const stack = { gitops, ...minimal, ...more, postgres };
      expect(findProblems(stack), block).toEqual([]);
    }
  });

  it("debugging.md names the first line of the provider's diff", () => {
    const [, line = ""] =
      /setBreakpoint\("app-database\/handler.ts", (\d+)\)/.exec(readText(interactive)) ?? [];
    const lines = readText("provider/app-database/handler.ts").split("\n");
    expect(lines[Number(line) - 2]).toMatch(/^ {2}async diff\(/);
    expect(readText(interactive)).toContain(`Line ${line} is the first line of \`diff\``);
  });

  it("the README is short", () => {
    expect(readme.split("\n").length).toBeLessThanOrEqual(150);
  });

  it("the README maps every folder", () => {
    const folders = readdirSync(root, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith("."))
      .map((entry) => entry.name)
      .filter((name) => !["node_modules", "components", "coverage", "dist"].includes(name));
    for (const folder of folders) expect(readme).toContain(`](${folder})`);
  });
});

describe("the documents", () => {
  it("are each reached from the README, CONTRIBUTING or a page that is", () => {
    const seen = new Set<string>();
    const visit = (file: string): void => {
      if (seen.has(file)) return;
      seen.add(file);
      for (const link of linksOf(file).filter((target) => target.endsWith(".md"))) visit(link);
    };
    visit("README.md");
    expect(documents.filter((file) => !seen.has(file) && !file.startsWith(".github/"))).toEqual([]);
  });

  it.each(Object.keys(madeParts))("%s shows what the code says now (npm run readme)", (file) => {
    const text = readFileSync(new URL(file, root), "utf8");
    expect(withMadeParts(file, text)).toBe(text);
  });

  // Links to other sites are not followed: tests run without the internet, and a site may be down for an hour.
  it.each(documents)("%s links only to what is there", (file) => {
    for (const link of linksOf(file)) expect(existsSync(new URL(link, root)), link).toBe(true);
  });

  it.each(documents)("%s links only to headings that are there", (file) => {
    const links = [...readText(file).matchAll(/\]\((?!https?:)([^)#]*)#([^)]+)\)/g)];
    for (const [, target = "", heading = ""] of links) {
      const text = readText(
        target === "" ? file : path.posix.join(path.posix.dirname(file), target),
      );
      const headings = [...text.matchAll(/^#+ (.*)$/gm)].map(([, title = ""]) => toAnchor(title));
      expect(headings, `${target}#${heading}`).toContain(heading);
    }
  });
});

/** The files that a document links to, from the root. */
function linksOf(file: string): readonly string[] {
  const links = [...readText(file).matchAll(/(?:\]\(|src="|href=")(?!https?:|#)([^)#"]+)/g)];
  return links.map(([, link = ""]) => path.posix.join(path.posix.dirname(file), link));
}

/** As GitHub makes it of a heading. */
const toAnchor = (title: string): string =>
  title
    .toLowerCase()
    .replaceAll(/[^\w\- ]/g, "")
    .replaceAll(" ", "-");
