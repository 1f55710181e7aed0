import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { projectFolder } from "../../components/project-folder.ts";
import { mutants } from "./mutants.ts";

it.each(mutants)("$file has, once, what makes it do without $without", ({ file, text, tests }) => {
  const source = readFileSync(path.join(projectFolder, file), "utf8");
  expect(source.split(text).length - 1, `in test/mutation/mutants.ts: ${text}`).toBe(1);
  expect(tests.filter((test) => !existsSync(path.join(projectFolder, test)))).toEqual([]);
});
