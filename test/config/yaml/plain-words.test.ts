import { writeFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { loadStackFromFile } from "../../../components/config/load.ts";
import { describePlainWords, findPlainWords } from "../../../components/config/yaml/plain-words.ts";
import { useFolder } from "../../fakes/folder.ts";

const folder = useFolder("words");

const values = `
config:
  berth:postgres: { endpoint: { direct: { host: db } } }
  berth:onepassword: { vault: Coachlight }
  berth:apps:
    wiki:
      workload:
        helm:
          repoURL: r
          chart: on
          version: "1"
          values:
            enabled: no
            list: [a, { deep: Off }, "yes", 'no', nO, "y"]
            y: plain key
            text: no more
`;

test("words without quotes are found in the values of charts alone", () => {
  expect(findPlainWords(values)).toEqual([
    { path: ["apps", "wiki", "workload", "helm", "values", "enabled"], word: "no" },
    { path: ["apps", "wiki", "workload", "helm", "values", "list", "1", "deep"], word: "Off" },
  ]);
  expect(findPlainWords("a: [")).toEqual([]);
  expect(findPlainWords("")).toEqual([]);
});

test("the file is refused with both ways to write what was meant", () => {
  writeFileSync(path.join(folder, "Pulumi.words.yaml"), values);
  expect(() => loadStackFromFile("words", folder)).toThrow(
    "berth:apps.wiki.workload.helm.values.enabled: no without quotes is false in a values file of Helm, and a text here\n" +
      '    fix: write false, or "no" for the text',
  );
  const fixed = values.replace("enabled: no", "enabled: false").replace("Off", '"Off"');
  writeFileSync(path.join(folder, "Pulumi.words.yaml"), fixed);
  const [app] = loadStackFromFile("words", folder).apps;
  expect(app?.workload).toMatchObject({
    values: { enabled: false, list: ["a", { deep: "Off" }, "yes", "no", "nO", "y"] },
  });
});

test("a file that Pulumi did not read says nothing about the values", () => {
  expect(describePlainWords(values, { apps: { wiki: null } })).toEqual([]);
});
