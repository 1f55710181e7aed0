import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { verbs } from "../../cli/verbs.ts";
import { projectFolder } from "../../components/project-folder.ts";

/** The workflow files hold only what exists: scripts, options, and actions of one version. */

const files = globSync(["examples/ci/*.yml", "template/.github/workflows/*.yml"], {
  cwd: projectFolder,
});
const { scripts } = JSON.parse(readFileSync(path.join(projectFolder, "package.json"), "utf8")) as {
  scripts: Record<string, string>;
};
const read = (file: string): string => readFileSync(path.join(projectFolder, file), "utf8");

/** All values of some keys, wherever they are. */
function valuesOf(value: unknown, keys: readonly string[]): string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]: [string, unknown]) =>
    keys.includes(key) ? [inner].flat().map(String) : valuesOf(inner, keys),
  );
}

const commandsOf = (file: string): string[] =>
  valuesOf(parse(read(file)), ["run", "script", "before_script"]).flatMap((text) =>
    text.trim().split("\n"),
  );

/** Programs that every runner has, or that an earlier line has installed. */
const known =
  /^(?:npm ci$|npx berth [a-z]+ |curl -fsSL https:\/\/get\.pulumi\.com \| sh -s -- --version |echo "\$HOME|export PATH=)/;

function expectUsable(command: string): void {
  const [, verb = "", given = ""] =
    /^(?:npm run|npx berth) ([a-z]+) (?:-- )?(.*)$/.exec(command) ?? [];
  if (verb === "") return;
  expect(Object.keys(scripts)).toContain(verb);
  const options = verbs.find((one) => one.name() === verb)?.options.map(({ long }) => long);
  for (const [option] of given.matchAll(/--[a-z-]+/g)) expect(options, command).toContain(option);
}

describe.each(files)("%s", (file) => {
  it("has commands that exist, with options that the verb has", () => {
    const commands = commandsOf(file);
    expect(commands.some((command) => command.startsWith("npx berth preview "))).toBe(true);
    for (const command of commands) {
      expect(command).toMatch(known);
      expectUsable(command);
    }
  });

  it("uses actions and images of one version, and the Pulumi that Berth is tested with", () => {
    const document: unknown = parse(read(file));
    for (const use of valuesOf(document, ["uses"])) expect(use).toMatch(/@v\d+\.\d+\.\d+$/);
    for (const image of valuesOf(document, ["image"])) expect(image).toMatch(/:\d+\.\d+\.\d+-/);
    const { dependencies } = JSON.parse(read("package.json")) as {
      dependencies: Record<string, string>;
    };
    expect(read(file)).toContain(`--version ${dependencies["@pulumi/pulumi"] ?? ""}`);
  });
});

it("the documented commands exist", () => {
  const blocks = [...read("docs/preview.md").matchAll(/```sh\n([\s\S]*?)```/g)];
  const commands = blocks.flatMap(([, block = ""]) => block.trim().split("\n"));
  expect(commands.length).toBeGreaterThan(4);
  for (const command of commands) expectUsable(command);
});
