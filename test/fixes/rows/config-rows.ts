import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { readOnePasswordAccess } from "../../../components/config/environment.ts";
import { loadStackFromFile } from "../../../components/config/load.ts";
import { loadStackFromEngine } from "../../../components/config/load-from-engine.ts";
import { parsePulumiYaml } from "../../../components/config/yaml/pulumi-yaml.ts";
import { projectFolder } from "../../../components/project-folder.ts";
import { writeStack } from "../../fakes/stack.ts";
import { edited, type Row } from "../trial.ts";

/** Fixes about the environment and the files of a stack. `test/config/fixes.test.ts` has those of a stack file's text. */

const connect = { OP_CONNECT_HOST: "http://connect:8080", OP_CONNECT_TOKEN: "of-this-test" };
type Environment = Readonly<Record<string, string>>;

/** The variable that a fix exports. */
function withExport(env: Environment, fix: string): Environment {
  const [, name = "", value = ""] = /export (\w+)=([^,\s]+)/.exec(fix) ?? [];
  return { ...env, [name]: value };
}

interface Asked {
  readonly stack: string;
  readonly file?: string;
}

const load = ({ stack, file }: Asked) => loadStackFromFile(stack, projectFolder, file);

/** Its own folder: the example is copied there. */
function copyExample() {
  const folder = mkdtempSync(path.join(tmpdir(), "berth-fixes-"));
  return {
    run: () => loadStackFromFile("home", folder),
    repair: (fix: string) => {
      const [, from = "", to = ""] = /copy (\S+) to (\S+) and edit it/.exec(fix) ?? [];
      copyFileSync(path.join(projectFolder, from), path.join(folder, to));
    },
    end: () => {
      rmSync(folder, { recursive: true });
    },
  };
}

function setConfig(apps: string): void {
  const texts = Object.entries(writeStack({})).map(([key, value]) => [
    `berth:${key}`,
    JSON.stringify(value),
  ]);
  pulumi.runtime.setAllConfig({ ...Object.fromEntries(texts), "berth:apps": apps } as Environment);
}

const environment = "components/config/environment.ts";
const files = "components/config/load.ts";

/** A stack file that is wrong, and the example in its place. */
const written = (spoil: (example: string) => string) => () => {
  const folder = mkdtempSync(path.join(tmpdir(), "berth-fixes-"));
  const file = path.join(folder, "Pulumi.prod.yaml");
  const example = readFileSync(path.join(projectFolder, "Pulumi.prod.yaml"), "utf8");
  writeFileSync(file, spoil(example));
  return {
    run: () => loadStackFromFile("prod", folder),
    repair: () => {
      writeFileSync(file, example);
    },
    end: () => {
      rmSync(folder, { recursive: true });
    },
  };
};

export const configRows: readonly Row[] = [
  {
    file: environment,
    fix: "unset all but one of them",
    when: "two accounts are set",
    arrange: edited<Environment>(
      { ...connect, OP_ACCOUNT: "me" },
      readOnePasswordAccess,
      () => connect,
    ),
  },
  {
    file: environment,
    fix: "export OP_CONNECT_HOST and OP_CONNECT_TOKEN (Connect), or OP_SERVICE_ACCOUNT_TOKEN, or OP_ACCOUNT",
    when: "no account is set",
    arrange: edited<Environment>({}, readOnePasswordAccess, (_, fix) => {
      const [, name = ""] = /or (OP_\w+) \(desktop app\)/.exec(fix) ?? [];
      return { [name]: "me" };
    }),
  },
  {
    file: environment,
    fix: "export OP_CONNECT_HOST=http://…, or with https://",
    when: "the address has no scheme",
    arrange: edited<Environment>(
      { ...connect, OP_CONNECT_HOST: "connect:8080" },
      readOnePasswordAccess,
      withExport,
    ),
  },
  {
    file: environment,
    fix: "export OP_CONNECT_HOST=https://connect.example.com, and the token as OP_CONNECT_TOKEN",
    when: "the token is in the place of the address",
    arrange: edited<Environment>(
      { OP_CONNECT_HOST: "eyJ", OP_CONNECT_TOKEN: "x" },
      readOnePasswordAccess,
      withExport,
    ),
  },
  {
    file: files,
    fix: "name a file with --config-file",
    when: "a folder is named",
    arrange: edited<Asked>({ stack: "prod", file: "docs" }, load, () => ({
      stack: "prod",
      file: "Pulumi.prod.yaml",
    })),
  },
  {
    file: files,
    fix: "keep … alone",
    when: "a key has two names",
    arrange: written((example) => `${example}  berth:config:apps: {}\n`),
  },
  {
    file: files,
    fix: "write it as in …",
    when: "the file is a list",
    arrange: written((example) => `- ${example.replaceAll("\n", "\n  ")}`),
  },
  {
    file: files,
    fix: "name an existing stack with --stack",
    when: "the stack's name is mistyped",
    arrange: edited<Asked>({ stack: "pord" }, load, (_, __, message) => ({
      stack: /did you mean "?(\w+)/.exec(message)?.[1] ?? "",
    })),
  },
  {
    file: files,
    fix: "name an existing stack with --stack, or copy … to Pulumi.….yaml and edit it",
    when: "there is no stack",
    arrange: copyExample,
  },
  {
    file: "components/config/load-from-engine.ts",
    fix: "write it as in …",
    when: "apps are a word",
    arrange: () => ({
      ...edited(
        "netbox",
        (text) => {
          setConfig(text);
          return loadStackFromEngine();
        },
        () => "{}",
      )(),
      end: () => {
        pulumi.runtime.setAllConfig({});
      },
    }),
  },
  {
    file: "components/config/yaml/pulumi-yaml.ts",
    fix: "write the value itself, without a tag",
    when: "a tag is read differently",
    arrange: edited(
      "value: !!binary aGVsbG8=",
      (text) => parsePulumiYaml("stack prod", "Pulumi.prod.yaml", text),
      () => "value: hello",
    ),
  },
  {
    file: "components/config/yaml/pulumi-yaml.ts",
    fix: "fix it there, then run the same command again",
    when: "the file is not YAML",
    arrange: edited(
      "config: [",
      (text) => parsePulumiYaml("stack prod", "Pulumi.prod.yaml", text),
      (text) => `${text}]`,
    ),
  },
];
