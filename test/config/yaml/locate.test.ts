import { writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import {
  loadStackFromFile,
  locateInStackFile,
  readStackFile,
} from "../../../components/config/load.ts";
import { locateIn } from "../../../components/config/yaml/locate.ts";
import { useFolder } from "../../fakes/folder.ts";

/** Where a problem of a stack file is: line and column. */

const text = `# a comment
config:
  berth:postgres: &server
    endpoint: { direct: { host: localhost } }
  berth:onepassword:
    vault: Coachlight
  apps:
    wiki:
      workloads: {}
      roles:
        reports: readonly
    "shop": { database: { schemas: [a, a] } }
    blog: { workload: { helm: { repoURL: r, chart: c, version: "1", values: { id: 1e20 } } } }
`;

const folder = useFolder("locate");
const file = path.join(folder, "Pulumi.prod.yaml");
writeFileSync(file, text);
describe("locateIn", () => {
  const locate = locateIn("Pulumi.prod.yaml", text, "berth:");
  it.each([
    [["postgres", "endpoint"], "4:5"],
    [["apps", "wiki", "workloads"], "9:7"],
    [["apps", "wiki", "database", "name"], "8:5"],
    [["apps", "shop", "database", "schemas", "1"], "12:40"],
    [["onepassword", "vault"], "6:5"],
  ])("finds %j, or the last of its keys that is written", (keys, place) => {
    expect(locate(keys)).toBe(`Pulumi.prod.yaml:${place}`);
  });

  it.each([[["gitops"]], [[]], [[""]]])("does not find %j", (keys) => {
    expect(locate(keys)).toBeUndefined();
  });
});

describe("a stack file with mistakes", () => {
  it("is refused with the place of each, what was meant, and what to write", () => {
    expect(() => loadStackFromFile("prod", folder)).toThrow(
      '- Pulumi.prod.yaml:9:7: berth:apps.wiki: unknown key "workloads"; did you mean "workload"? allowed are adopt, ',
    );
    expect(() => loadStackFromFile("prod", folder)).toThrow(
      'Pulumi.prod.yaml:11:9: berth:apps.wiki.roles.reports: got "readonly"; expected object\n    fix: write reports: { profile: readonly }',
    );
    expect(() => loadStackFromFile("prod", folder)).toThrow(
      'Pulumi.prod.yaml:12:27: berth:apps.shop.database.schemas: "a" is listed twice; remove one',
    );
  });

  it("has the key and the fix of each as data", () => {
    const what: unknown = expect.any(String);
    const problems = [
      { at: "berth:apps.wiki.roles.reports", what, fix: "write reports: { profile: readonly }" },
      { at: "berth:apps.wiki.workloads", what },
      { at: "berth:apps.shop.database.schemas", what },
      { at: "berth:apps.blog.workload.helm.values.id", what, fix: "put it in quotes" },
    ];
    expect(() => loadStackFromFile("prod", folder)).toThrow(expect.objectContaining({ problems }));
  });

  it("has the same places for Pulumi, if it has read that file", () => {
    const { values } = readStackFile("prod", folder);
    const keys = ["apps", "wiki", "workloads"];
    expect(locateInStackFile("prod", folder, values)(keys)).toBe("Pulumi.prod.yaml:9:7");
    expect(locateInStackFile("prod", folder, { ...values, more: 1 })(keys)).toBeUndefined();
    expect(locateInStackFile("other", folder, values)(keys)).toBeUndefined();
  });

  it("that is not there is refused with the stacks that have one", () => {
    expect(() => loadStackFromFile("prd", folder)).toThrow(
      `stack prd: there is no stack file ${path.join(folder, "Pulumi.prd.yaml")}; did you mean "prod"? stacks with a file: prod`,
    );
  });
});
