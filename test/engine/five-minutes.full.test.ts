import { existsSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { execa } from "execa";
import { afterAll, describe, expect, it } from "vitest";
import { Bed } from "./bed.ts";
import { makeClone } from "./clone.ts";

/** The first five minutes: each command of docs/quickstart.md, first to last, in a folder with nothing installed. */

const clone = makeClone();

/** The commands of its first two blocks. `npm test` is what runs here. */
const commands = [
  ...readFileSync(path.join(clone, "docs/quickstart.md"), "utf8").matchAll(/```sh\n([^`]*)```/g),
]
  .slice(0, 2)
  .flatMap(([, block = ""]) => block.trim().split("\n"))
  .filter((command) => command !== "npm test");

/** What somebody sees who types a command. */
const seen: Readonly<Record<string, readonly RegExp[]>> = {
  "npm start": [
    /ok +netbox: database netbox, owner netbox: 10 of 10 checks/,
    /next +npm run add -- wiki --stack dev\n/,
    /up: \d+ changes$/,
  ],
  "npm run add -- wiki --stack dev": [
    /item +Coachlight\/wiki-db-credentials, username wiki: made/,
    /^wiki: new\n/m,
    /stack dev: apps: 1 new, 2 unchanged\n/,
  ],
  "npm run preview -- --stack dev": [
    /^wiki: new\n/m,
    /^ {2}database wiki is created\n {6}CREATE DATABASE "wiki"/m,
    /stack dev: apps: 1 new, 2 unchanged\nrisk: none$/,
  ],
  "npm run pulumi -- up --yes": [/\d+ created/, /18 unchanged/],
  "npm run verify -- --stack dev": [
    /ok +wiki +wiki: can log in to wiki/,
    /verified: 3 apps, \d+ checks, 0 failed/,
  ],
  "npm run rotate -- wiki --stack dev": [/rotated: app wiki, role wiki/],
  "npm run report -- --stack dev --html --live --out report.html": [/report\.html/],
  "npm start -- --down": [/./],
};

async function run(command: string) {
  const [program = "", ...args] = command.split(" ");
  const options = { cwd: clone, reject: false, all: true, stdin: "ignore" } as const;
  const result = await execa(program, args, { ...options, env: { NO_COLOR: "1" } });
  Bed.printed.push(result.all);
  return result;
}

afterAll(async () => {
  await run("npm start -- --down");
  rmSync(clone, { recursive: true, force: true });
});

describe("the first five minutes", () => {
  it("have an expected result for each command", () => {
    expect(commands).toEqual(Object.keys(seen));
  });

  it.each(commands)("%s", async (command) => {
    const { all, exitCode } = await run(command);
    expect(exitCode, all).toBe(0);
    for (const text of seen[command] ?? []) expect(all).toMatch(text);
    if (command.startsWith("npm run report")) {
      const page = readFileSync(path.join(clone, "report.html"), "utf8");
      for (const app of ["basketball", "netbox", "wiki"]) expect(page).toContain(app);
    }
    if (command.endsWith("--down")) expect(existsSync(path.join(clone, ".berth/dev"))).toBe(false);
  });
});
