import { afterEach, expect, test, vi } from "vitest";
import { refuseNpmOptions, toRightCommand } from "../../cli/npm-options.ts";
import { defineProgram } from "../../cli/program.ts";
import { verbs } from "../../cli/verbs.ts";

/** The app is the argument of every verb that may be about one: `berth rotate wiki`. */

afterEach(() => {
  vi.unstubAllEnvs();
});

const run = (...args: readonly string[]) => defineProgram().parseAsync(args, { from: "user" });

test("all verbs but those about a whole stack take it, as --app too", () => {
  const names = (some: readonly (typeof verbs)[number][]) => some.map((verb) => verb.name());
  const ofApps = verbs.filter(({ registeredArguments }) => registeredArguments.length > 0);
  expect(names(verbs.filter((verb) => !ofApps.includes(verb)))).toEqual([
    ...["init", "doctor", "preview"],
  ]);
  const withOption = verbs.filter(({ options }) => options.some(({ long }) => long === "--app"));
  expect(names(withOption)).toEqual(names(ofApps));
});

test.each([
  [
    "two apps",
    ["verify", "netbox", "--app", "basketball", "--stack", "prod"],
    'verify: two apps, "netbox" and "basketball"',
    "leave out --app",
  ],
  [
    "an app that is not there",
    ["verify", "netbx", "--stack", "prod"],
    'stack prod has no app "netbx"; did you mean "netbox"? its apps are basketball, netbox',
    "name one of them, or add the app: npm run add -- netbx --stack prod",
  ],
  [
    "no app where one must be",
    ["rotate", "--stack", "prod"],
    "rotate: which app? The stack's are basketball, netbox",
    "name it: npm run rotate -- basketball --stack prod",
  ],
])("is refused: %s", async (_, args, message, hint) => {
  await expect(run(...args)).rejects.toThrow(`${message}\n  fix: ${hint}`);
});

const rotate = verbs.find((verb) => verb.name() === "rotate") ?? verbs[0];
const preview = verbs.find((verb) => verb.name() === "preview") ?? verbs[0];

test.each([
  ["preview -- --json", preview, ["netbox"], ["--json"]],
  ["rotate -- netbox --stack prod", rotate, ["prod", "netbox"], []],
  ["rotate -- 'two words'", rotate, ["two words"], []],
])("what was meant with a word too many is npm run %s", (meant, verb, words, options) => {
  expect(toRightCommand(verb, words, options)).toBe(`npm run ${meant}`);
});

test.each([
  ["rotate netbox --stack prod", rotate, ["netbox", "prod"], { stack: "true" }],
  ["rotate netbox --stack=prod", rotate, ["netbox"], { stack: "prod" }],
  ["rotate --app netbox --stack prod", rotate, ["netbox", "prod"], { app: "true", stack: "true" }],
  ["preview --stack prod --fail-on drop", preview, ["prod", "drop"], { stack: "true" }],
  ["preview --config-file=x", preview, [], { config_file: "x" }],
])("npm takes the options of `npm run %s`, so the verb refuses to run", (_, verb, args, taken) => {
  for (const [name, value] of Object.entries(taken)) vi.stubEnv(`npm_config_${name}`, value);
  const command = verb === rotate ? "rotate -- netbox --stack prod" : "preview";
  expect(() => {
    refuseNpmOptions(verb, args);
  }).toThrow(
    new RegExp(`: npm took --.* as an option of its own\\n  fix: .*, as in: npm run ${command}`),
  );
});

test("npm has an option --json and a setting `git` of its own, which say nothing", () => {
  vi.stubEnv("npm_config_json", "true");
  vi.stubEnv("npm_config_git", "/usr/bin/git");
  for (const verb of verbs) refuseNpmOptions(verb, []);
});
