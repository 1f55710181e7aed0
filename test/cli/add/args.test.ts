import { describe, expect, test } from "vitest";
import { type AddArgs, completeArgs, findDifferences, toEntry } from "../../../cli/add/args.ts";
import type { Ask } from "../../../cli/add/ask.ts";
import { presetNames, presets } from "../../../components/config/presets/presets.ts";
import { makeSpec } from "../../fakes/stack.ts";
import { none } from "./none.ts";

/** Answers in order, and remembers what it was asked and why again. */
function person(...answers: readonly string[]) {
  const requested: string[] = [];
  const ask: Ask = (question, findProblem) => {
    const answer = answers[requested.length] ?? "";
    const problem = findProblem?.(answer);
    requested.push(problem === undefined ? question : `${question}: "${answer}" ${problem}`);
    return problem === undefined ? Promise.resolve(answer) : ask(question, findProblem);
  };
  return { requested, ask };
}

describe("without a terminal", () => {
  test("all that is missing is one error that names it", async () => {
    await expect(completeArgs({ ...none, chart: "netbox" }, undefined)).rejects.toThrow(
      [
        "add: 3 problems",
        "  - missing: the app's name, as in npm run add -- wiki (Name of the app)",
        "  - missing: --repo (Repository of the chart)",
        "  - missing: --chart-version (Version of the chart)",
      ].join("\n"),
    );
  });

  test.each<[string, Partial<AddArgs>, string]>([
    [
      "two workloads",
      { git: "a", chart: "b", repo: "c", chartVersion: "1" },
      "got --git and --chart",
    ],
    ["a version of no chart", { chartVersion: "1" }, "--chart-version without --chart or --preset"],
    [
      "an unknown preset",
      { preset: "netbocks" },
      'got "netbocks"\n    fix: use one of authentik, ',
    ],
    ["a login without a profile", { logins: ["reports"] }, '--login: got "reports"'],
    ["a login with two", { logins: ["reports=readonly=x"] }, '--login: got "reports=readonly=x"'],
    ["a name that no app may have", { app: "sh'op" }, '"sh\'op" is not an app name'],
    ["an empty name", { app: "" }, '"" is not an app name'],
  ])("fails for %s, with a fix", async (_, given, message) => {
    const completing = completeArgs({ ...none, app: "wiki", ...given }, undefined);
    await expect(completing).rejects.toThrow(message);
    await expect(completing).rejects.toThrow("fix: ");
  });
});

describe("at a terminal", () => {
  test("nothing is asked of who said it all", async () => {
    const { requested, ask } = person();
    await completeArgs({ ...none, app: "wiki" }, ask);
    expect(requested).toEqual([]);
  });

  test("only what is missing is asked", async () => {
    const { requested, ask } = person("", "ghcr.io/charts", "1.2.3");
    const args = await completeArgs({ ...none, app: "wiki", chart: "wiki" }, ask);
    expect(args).toMatchObject({ app: "wiki", repo: "ghcr.io/charts", chartVersion: "1.2.3" });
    expect(requested).toEqual([
      'Repository of the chart: "" is needed',
      "Repository of the chart",
      "Version of the chart",
    ]);
  });

  test("who gives nothing is led through, and a wrong name is asked again", async () => {
    const { requested, ask } = person("Wiki", "wiki", "", "", "");
    expect(toEntry(await completeArgs(none, ask))).toEqual({});
    expect(requested[0]).toMatch(/^Name of the app: "Wiki" is not an app name; allowed are /);
    expect(requested).toHaveLength(5);
  });
});

test("flags become an entry", () => {
  const logins = ["reports=readonly", "importer=readwrite"];
  expect(toEntry({ ...none, namespace: "tools", git: "apps/wiki", logins })).toEqual({
    namespace: "tools",
    roles: { reports: { profile: "readonly" }, importer: { profile: "readwrite" } },
    workload: { git: { path: "apps/wiki" } },
  });
  const helm = { chart: "wiki", repo: "ghcr.io/charts", chartVersion: "1.10" };
  expect(toEntry({ ...none, ...helm })).toEqual({
    workload: { helm: { repoURL: "ghcr.io/charts", chart: "wiki", version: "1.10" } },
  });
});

test("a preset becomes the chart that it is of, or its name where that is not clear", () => {
  expect(toEntry({ ...none, preset: "netbox" })).toEqual({
    workload: { helm: { chart: "netbox", version: presets.netbox.seen } },
  });
  expect(toEntry({ ...none, preset: "netbox", repo: "r", chartVersion: "8.1.0" })).toEqual({
    workload: { helm: { repoURL: "r", preset: "netbox", version: "8.1.0" } },
  });
  for (const preset of presetNames) {
    const spec = makeSpec({ wiki: toEntry({ ...none, preset }) });
    expect(spec.apps[0]?.workload).toMatchObject({
      kind: "helm",
      repoURL: presets[preset].repoURL,
      chart: presets[preset].chart,
    });
    expect(spec.warnings).toEqual([]);
  }
});

test("an entry that says more than the flags does not differ from them", () => {
  const entry = { namespace: "tools", roles: { reports: { profile: "readonly", name: "r" } } };
  expect(findDifferences({}, null)).toEqual([]);
  expect(findDifferences({ roles: { reports: { profile: "readonly" } } }, entry)).toEqual([]);
  expect(findDifferences({ namespace: "x", roles: { b: { profile: "readonly" } } }, entry)).toEqual(
    [
      'namespace: got "x"; the entry has "tools"',
      'roles.b.profile: got "readonly"; the entry has nothing',
    ],
  );
});
