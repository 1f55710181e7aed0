import { globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { beforeAll, describe, expect, test } from "vitest";

import { loadStackFromFile, refuseSecretKeys } from "../../components/config/load.ts";

import { loadStackFromEngine } from "../../components/config/load-from-engine.ts";
import { stackFileSchema } from "../../components/config/schema/json.ts";
import { BerthError } from "../../components/errors.ts";
import { planDatabase } from "../../components/postgres/plan/plan.ts";
import { useFolder } from "../fakes/folder.ts";
import { PulumiEngine } from "../fakes/pulumi-engine.ts";
import { writeStack } from "../fakes/stack.ts";

const project = join(import.meta.dirname, "../..");
const folder = useFolder("config");

beforeAll(async () => {
  await new PulumiEngine().start();
});

function writeStackFile(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return name;
}

test("the JSON Schema for editors is the one that the schema makes (npm run schema)", () => {
  const committed = join(project, "components/config/schema.json");
  expect(readFileSync(committed, "utf8")).toBe(stackFileSchema());
});

test.each(globSync("examples/*.yaml", { cwd: project }))("%s can be used as it is", (file) => {
  const { apps, postgres } = loadStackFromFile("prod", project, file);
  expect(apps.map((app) => planDatabase(app, postgres).app)).not.toEqual([]);
});

test.each(["prod", "dev"])("Pulumi.%s.yaml can be used as it is", (stack) => {
  const spec = loadStackFromFile(stack, project);
  expect(spec.postgres.reserved).toContain("paperless");
  expect(spec.apps.map((app) => app.name)).toEqual(["basketball", "netbox"]);
});

test("the program and the verbs read the same stack from the same values", () => {
  const values = writeStack({ netbox: { roles: { ro: { profile: "readonly" } } } });
  const config = Object.fromEntries(
    Object.entries(values).map(([key, value]) => [`berth:${key}`, value]),
  );
  const text = Object.entries(config).map(([key, value]) => [key, JSON.stringify(value)] as const);
  pulumi.runtime.setAllConfig({ "pulumi:tags": "not ours", ...Object.fromEntries(text) });
  const file = writeStackFile("same.yaml", JSON.stringify({ config: { ...config, "aws:x": 1 } }));
  expect(loadStackFromEngine()).toEqual(loadStackFromFile("prod", folder, file));
});

test("fails on a plain value where a structure belongs, as `pulumi config set` writes one", () => {
  pulumi.runtime.setAllConfig({ "berth:apps": "netbox" });
  expect(() => loadStackFromEngine()).toThrow(
    "berth:apps: got netbox; expected a mapping of keys to values",
  );
});

describe("what Pulumi.yaml says for all stacks", () => {
  const values = writeStack({ netbox: {} });
  const { apps, ...rest } = Object.fromEntries(
    Object.entries(values).map(([key, value]) => [key, JSON.stringify(value)]),
  );

  function writeProject(name: string, project: string, stackFile: string): string {
    const home = join(folder, name);
    mkdirSync(join(home, "stacks"), { recursive: true });
    writeFileSync(join(home, "Pulumi.yaml"), project);
    writeFileSync(join(home, "stacks/Pulumi.prod.yaml"), stackFile);
    return home;
  }

  test("is found: values of the project, the folder of stack files, keys without a namespace", () => {
    const home = writeProject(
      "whole",
      `name: berth\nstackConfigDir: stacks\nconfig:\n  berth:apps: { value: { wrong: {} } }\n  onepassword: { default: ${rest["onepassword"] ?? ""} }\n`,
      `config:\n  berth:postgres: ${rest["postgres"] ?? ""}\n  apps: ${apps ?? ""}\n`,
    );
    expect(loadStackFromFile("prod", home).apps.map(({ name }) => name)).toEqual(["netbox"]);
  });

  const others = `  berth:postgres: ${rest["postgres"] ?? ""}\n  berth:onepassword: ${rest["onepassword"] ?? ""}\n`;

  test.each([
    ["apps", "berth:apps"],
    ["berth:config:apps", "berth:apps"],
  ])(
    "is refused where the stack file has it as %s and as %s, of which Pulumi takes either",
    (one, other) => {
      const file = `config:\n${others}  ${one}: {}\n  ${other}: ${apps ?? ""}\n`;
      const home = writeProject("twice", "name: berth\nstackConfigDir: stacks\n", file);
      const load = () => loadStackFromFile("prod", home);
      expect(load).toThrow(
        /the configuration has berth:apps under two names, and Pulumi takes either\n {2}fix: keep berth:apps alone/,
      );
    },
  );

  const secret = `name: berth\nstackConfigDir: stacks\nconfig:\n  berth:apps: { secret: true, value: ${apps ?? ""} }\n`;

  test("is refused where it is secret, with the edit that helps", () => {
    const home = writeProject("secret", secret, `config:\n${others}`);
    expect(() => loadStackFromFile("prod", home)).toThrow(
      'berth:apps: this value is secret (secret: true in Pulumi.yaml), and Berth would write it in clear into state and manifests\n    fix: put it into a 1Password item, name the item under "secrets" of the app, and take "secret: true" out of Pulumi.yaml',
    );
    writeFileSync(join(home, "Pulumi.yaml"), secret.replace("secret: true, ", ""));
    expect(loadStackFromFile("prod", home).apps).toHaveLength(1);
  });

  test("is not secret where the stack file has a value of its own", () => {
    const home = writeProject("own", secret, `config:\n${others}  berth:apps: ${apps ?? ""}\n`);
    expect(loadStackFromFile("prod", home).apps).toHaveLength(1);
  });
});

test("fails on a date without quotes, which no chart would get as it was written", () => {
  const text = `config:\n  berth:apps:\n    wiki: { workload: { helm: { values: { since: 2001-01-01 } } } }\n`;
  const load = () => loadStackFromFile("prod", folder, writeStackFile("date.yaml", text));
  expect(load).toThrow(
    "berth:apps.wiki.workload.helm.values.since: a date without quotes, which YAML reads as the text",
  );
});

test("fails on a stack without a file, and says where it was looked for", () => {
  expect(() => loadStackFromFile("nowhere", folder)).toThrow(
    `stack nowhere: there is no stack file ${join(folder, "Pulumi.nowhere.yaml")}`,
  );
});

describe("a value that `pulumi config set --secret` wrote", () => {
  const canary = "canary-of-a-secret-value";
  const cipher = { secure: "v1:AAAA:BBBB" };
  const toEntry = (values: object) => ({
    workload: {
      helm: { repoURL: "https://charts.example.com", chart: "x", version: "1.0.0", values },
    },
  });
  const values = writeStack({
    netbox: toEntry({ env: [{ name: "X" }, { value: cipher }], "a.b": cipher }),
  });
  const paths = [
    "berth:apps.netbox.workload.helm.values.env[1].value",
    'berth:apps.netbox.workload.helm.values["a.b"]',
  ];
  const config = Object.fromEntries(
    Object.entries(values).map(([key, value]) => [`berth:${key}`, value]),
  );

  test("is refused by the verbs, with the path of each and the command that takes it out", () => {
    const file = writeStackFile("secret.yaml", JSON.stringify({ config }));
    const load = () => loadStackFromFile("prod", folder, file);
    expect(load).toThrow("stack prod: the stack file is not usable: 2 problems\n");
    for (const path of paths) {
      expect(load).toThrow(`- ${path}: this value is secret (pulumi config set --secret)`);
      expect(load).toThrow(`run: pulumi config rm --stack prod --path '${path}'`);
    }
  });

  test("is refused by the program, which sees it in clear, before any message can quote it", () => {
    const plain = JSON.stringify(config).replaceAll(JSON.stringify(cipher), `"${canary}"`);
    const clear = Object.entries(JSON.parse(plain) as typeof config);
    const text = clear.map(([key, value]) => [key, JSON.stringify(value)] as const);
    pulumi.runtime.setAllConfig(
      { ...Object.fromEntries(text), "berth:wrong": canary, "aws:x": "1" },
      ["berth:apps", "berth:wrong", "aws:x"],
    );
    const refusal = failure(loadStackFromEngine);
    expect(refusal).toContain("- berth:apps: this value is secret");
    expect(refusal).toContain("- berth:wrong: this value is secret");
    expect(refusal).not.toContain(canary);
    expect(refusal).not.toContain("aws:x");
  });

  test("is named by its path if the stack file has it", () => {
    writeStackFile("Pulumi.prod.yaml", JSON.stringify({ config }));
    expect(
      failure(() => {
        refuseSecretKeys("prod", folder, ["apps"]);
      }),
    ).toContain(`- ${paths[0] ?? ""}: `);
  });

  test("is not found where Helm only calls a value secure", () => {
    const helm = { netbox: toEntry({ cookie: { secure: true }, x: { secure: "y", name: "z" } }) };
    const own = Object.entries(writeStack(helm)).map(([key, value]) => [`berth:${key}`, value]);
    const file = writeStackFile(
      "helm.yaml",
      JSON.stringify({ config: Object.fromEntries(own) as unknown }),
    );
    expect(loadStackFromFile("prod", folder, file).apps).toHaveLength(1);
  });
});

/** What a call that must fail says. */
function failure(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error("it did not fail");
}

test("fails on a folder in place of a stack file", () => {
  expect(() => loadStackFromFile("prod", folder, ".")).toThrow(
    `stack prod: the stack file ${folder} is a folder\n  fix: name a file with --config-file`,
  );
});

test.each([
  ["a key given twice", "config:\n  berth:apps: {}\n  berth:apps: {}\n", "Map keys must be unique"],
  ["an open bracket", "config: {\n", "at line 2, column 1"],
])("fails on %s with file and place, not with a fault's stack", (_, text, problem) => {
  const file = writeStackFile("broken.yaml", text);
  const load = () => loadStackFromFile("prod", folder, file);
  expect(load).toThrow(BerthError);
  expect(load).toThrow(`stack prod: ${join(folder, file)} is not valid YAML`);
  expect(load).toThrow(problem);
});

test.each([
  ["hello", "it"],
  ["- berth:apps: {}", "it"],
  ["config: hello", "config"],
  ["config: [berth:apps]", "config"],
])("fails on %j with one problem: %s is no map", (text, what) => {
  const file = writeStackFile("list.yaml", text);
  expect(() => loadStackFromFile("prod", folder, file)).toThrow(
    new RegExp(
      `list\\.yaml is not usable: ${what} is not a map of keys and values\\n  fix: write it as in .*$`,
    ),
  );
});

test("names --config-file where the file of that option is not there", () => {
  expect(() => loadStackFromFile("prod", folder, "nowhere.yaml")).toThrow(
    /there is no stack file .*nowhere\.yaml.*\n {2}fix: name a file with --config-file/,
  );
});

test("fails on an empty file with what is missing", () => {
  const file = writeStackFile("empty.yaml", "");
  const load = () => loadStackFromFile("prod", folder, file);
  expect(load).toThrow("berth:postgres: missing");
  expect(load).toThrow("stack prod: the stack file empty.yaml is not usable");
});
