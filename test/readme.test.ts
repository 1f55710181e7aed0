import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { madeParts, profileTable, withMadeParts } from "../dev/readme.ts";
import { findProblems, type Written, writeStack } from "./fakes/stack.ts";

/** The README names only what a test runs. */

const root = new URL("..", import.meta.url);
const readme = readFileSync(new URL("README.md", root), "utf8");

/** Command of the README → the test that runs it. */
const runBy: Readonly<Record<string, string>> = {
  "npm start": "engine/start.full.test.ts",
  "npm test": "../.ci/run",
  "npm run verify -- --stack dev": "engine/start.full.test.ts",
  "npm run verify -- --stack dev --json": "engine/start.full.test.ts",
  "npm run pulumi -- preview": "engine/start.full.test.ts",
  "npm start -- --stop": "engine/start.full.test.ts",
  "npm start -- --down": "engine/start.full.test.ts",
  // What run.mjs does in a fresh clone.
  "npm ci": "engine/start.full.test.ts",
  "npm run plan -- --stack prod": "cli/plan/verb.test.ts",
  "npm run plan -- --stack prod --app wiki --vault": "cli/main.test.ts",
  "npm run report -- --stack prod": "cli/report/verb.test.ts",
  "pulumi import berth:postgres:AppDatabase wiki wiki --stack prod": "engine/import.full.test.ts",
  "pulumi import postgresql:index/role:Role wiki-owner wiki --stack prod":
    "engine/import.full.test.ts",
  "pulumi import postgresql:index/database:Database wiki-database wiki --stack prod":
    "engine/import.full.test.ts",
  // On the sandbox's stack, which is the same command with another name.
  "pulumi preview --stack prod": "engine/main-job.test.ts",
  "pulumi up --stack prod": "engine/main-job.test.ts",
  "pulumi cancel --stack prod": "engine/killed.test.ts",
  "npm run verify -- --stack prod": "engine/start.full.test.ts",
  "npm run doctor -- --stack prod": "engine/doctor.test.ts",
  "npm run adopt -- --stack prod": "engine/adopt.rows.test.ts",
  "npm run adopt -- --stack prod --write": "engine/adopt.rows.test.ts",
  "npm run rotate -- --stack prod --app wiki": "engine/rotate.test.ts",
  "npm run rotate -- --stack prod --app wiki --retire": "engine/rotate-in-turn.full.test.ts",
};

describe("README", () => {
  it("has only commands that a test runs", () => {
    const blocks = [...readme.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block]) => block ?? "");
    const commands = blocks.flatMap((block) => block.trim().split("\n"));
    expect([...new Set(commands)].toSorted()).toEqual(Object.keys(runBy).toSorted());
    for (const file of Object.values(runBy)) {
      expect(readFileSync(new URL(file, import.meta.url), "utf8")).not.toBe("");
    }
  });

  it("has the table of profiles that the plan makes", () => {
    const rows = profileTable().split("\n");
    expect(rows).toContain("| `readonly` | CONNECT | USAGE | SELECT | SELECT | – |");
    expect(rows).toHaveLength(5);
  });

  it("shows entries that are right", () => {
    const blocks = [...readme.matchAll(/```yaml\n(berth:(?:apps|secrets):[\s\S]*?)```/g)];
    expect(blocks.length).toBeGreaterThan(4);
    for (const [, block = ""] of blocks) {
      const { "berth:apps": apps, "berth:secrets": secrets } = parse(block) as Written;
      const more = secrets === undefined ? {} : { secrets };
      expect(findProblems({ ...writeStack(apps ?? {}), ...more }), block).toEqual([]);
    }
  });

  it("maps every folder", () => {
    const folders = readdirSync(root, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith("."))
      .map((entry) => entry.name)
      .filter((name) => !["node_modules", "components", "coverage"].includes(name));
    for (const folder of folders) expect(readme).toContain(`](${folder})`);
  });
});

describe("the documents", () => {
  it.each(Object.keys(madeParts))("%s shows what the code says now (npm run readme)", (file) => {
    const text = readFileSync(new URL(file, root), "utf8");
    expect(withMadeParts(file, text)).toBe(text);
  });

  const documents = ["", ".github/", "docs/", "docs/decisions/"].flatMap((folder) =>
    readdirSync(new URL(folder || ".", root))
      .filter((name) => name.endsWith(".md"))
      .map((name) => `${folder}${name}`),
  );

  it.each(documents)("%s links only to what is there", (file) => {
    const at = new URL(file, root);
    const text = readFileSync(at, "utf8");
    const links = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, link]) => link ?? "");
    for (const link of links) expect(existsSync(new URL(link, at)), link).toBe(true);
  });
});
