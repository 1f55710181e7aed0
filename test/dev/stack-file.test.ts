import { readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { BerthError } from "../../components/errors.ts";
import { keepCommitted, readCommitted } from "../../dev/stack-file.ts";
import { useFolder } from "../fakes/folder.ts";

const folder = useFolder("stack-file");
const file = path.join(folder, "Pulumi.dev.yaml");

const before = "# ours\nconfig:\n  berth:apps: { wiki: {} }\n";
const edited = "config:\n  berth:apps: { wiki: {}, shop: {} }\n";

test.each([
  ["puts a salt into it", `encryptionsalt: v1:x\nconfig:\n  berth:apps:\n    wiki: {}\n`, before],
  ["takes it away", undefined, before],
  ["lets it be", before, before],
  ["runs while a person edits it", edited, edited],
  ["runs while a person comments it", `${before}# more\n`, `${before}# more\n`],
  ["runs while a person is not done", "config:\n  - [\n", "config:\n  - [\n"],
])("the committed file is what it was when Pulumi %s", async (_, written, left) => {
  writeFileSync(file, before);
  const run = keepCommitted(() => {
    if (written === undefined) rmSync(file);
    else writeFileSync(file, written);
    return Promise.reject(new Error("interrupted"));
  }, file);
  await expect(run).rejects.toThrow("interrupted");
  expect(readFileSync(file, "utf8")).toBe(left);
});

test.each([
  ["an open bracket", "config: {\n", `stack dev: ${file} is not valid YAML: `],
  ["a list", "- wiki\n", `stack dev: ${file}: the file: expected a map of keys and values`],
  ["no map of settings", "config: wiki\n", `stack dev: ${file}: config: expected a map`],
  [
    "a word in place of the endpoint",
    "config:\n  berth:postgres: { endpoint: localhost }\n",
    `stack dev: ${file}: berth:postgres.endpoint: expected a map`,
  ],
])("a committed file with %s is refused with what to do", (_, text, problem) => {
  writeFileSync(file, text);
  const read = () => readCommitted(file);
  expect(read).toThrow(BerthError);
  expect(read).toThrow(problem);
  expect(read).toThrow("\n  fix: ");
});

test("a committed file that is not there is missed, with how to have it back", () => {
  const gone = path.join(folder, "gone.yaml");
  expect(() => readCommitted(gone)).toThrow(
    `stack dev: there is no stack file ${gone}\n  fix: git`,
  );
});

test("a committed file may leave out what the sandbox writes", () => {
  writeFileSync(file, "config:\n  berth:gitops:\n  berth:apps: { wiki: {} }\n");
  const document = readCommitted(file);
  document.setIn(["config", "berth:gitops", "directory"], "here");
  document.setIn(["config", "berth:postgres", "endpoint", "direct", "port"], 1);
  expect(document.toJS()).toEqual({
    config: {
      "berth:apps": { wiki: {} },
      "berth:gitops": { directory: "here" },
      "berth:postgres": { endpoint: { direct: { port: 1 } } },
    },
  });
});
