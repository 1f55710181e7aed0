import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { execa } from "execa";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { completeAnswers } from "../../../cli/init/answers.ts";
import { addProjectFiles, addProvider } from "../../../cli/init/project-files.ts";
import { fillStackFile, findAnswers, readDocument } from "../../../cli/init/stack-file.ts";
import { projectFolder } from "../../../components/project-folder.ts";
import { useFolder } from "../../fakes/folder.ts";
import { berth } from "../berth.ts";

/** `init` in a project of one's own. */

const home = useFolder("init");

const answers = {
  vault: "Coachlight",
  namespace: "db-postgres",
  service: "postgres-postgresql",
  repository: "https://git.example.org/coachlight/gitops.git",
};

/** As `pulumi new` leaves it. */
const requested = [
  "encryptionsalt: v1:example",
  "config:",
  ...Object.entries(answers).map(([key, answer]) => `  answers:${key}: ${answer}`),
  "  other:key: kept # by hand",
  "",
].join("\n");

function makeProject(stackFile?: string): string {
  const project = mkdtempSync(path.join(home, "project-"));
  writeFileSync(path.join(project, "Pulumi.yaml"), "name: databases\nruntime: nodejs\n");
  if (stackFile !== undefined) writeFileSync(path.join(project, "Pulumi.prod.yaml"), stackFile);
  return project;
}

const fill = (text: string, given = answers): string =>
  fillStackFile(readDocument("Pulumi.prod.yaml", text), text, given);

/** In a process of its own: the current folder is the project. */
async function init(cwd: string, ...args: readonly string[]) {
  const main = path.join(projectFolder, "cli/main.ts");
  const options = { cwd, stdin: "ignore", reject: false } as const;
  return await execa(process.execPath, [main, "init", ...args, "--stack", "prod"], options);
}

describe("init", () => {
  it("turns what pulumi new asked into a stack file that plan can read, once", async () => {
    const project = makeProject(requested);
    const file = path.join(project, "Pulumi.prod.yaml");
    const plan = () => berth(["plan", "--stack", "prod", "--config-file", file]);
    expect((await plan()).stderr).toContain("fix: npm run init -- --stack prod writes it");
    expect(await init(project)).toMatchObject({ exitCode: 0, stderr: "" });
    const text = readFileSync(file, "utf8");
    expect(text).not.toContain("answers:");
    expect(await plan()).toMatchObject({ exitCode: 0, stderr: "" });
    const again = await init(project);
    expect(again.exitCode).toBe(2);
    expect(again.stderr).toContain("has keys of Berth already; nothing was written");
    expect(readFileSync(file, "utf8")).toBe(text);
  });

  it.each([
    ["is no YAML", "config:\n  a: [canary\n", "is not valid YAML"],
    ["is a list", "- canary\n", "is not a map of keys and values"],
    ["has a list as its config", "config:\n  - canary\n", "is not a map of keys and values"],
  ])(
    "refuses a stack file that %s, says what helps, and changes nothing",
    async (_, text, message) => {
      const project = makeProject(text);
      const given = ["--vault", "Home", "--repository", "git@git.example.org:gitops"];
      const { exitCode, stderr } = await init(project, ...given);
      expect({
        exitCode,
        text: readFileSync(path.join(project, "Pulumi.prod.yaml"), "utf8"),
      }).toEqual({
        exitCode: 2,
        text,
      });
      expect(stderr).toContain(`Pulumi.prod.yaml ${message}`);
      expect(stderr).toMatch(/\n {2}fix: \S/);
      expect(stderr).not.toMatch(/canary|^ {4}at /m);
      expect(readFileSync(path.join(project, "Pulumi.yaml"), "utf8")).not.toContain("berth");
    },
  );

  it("makes the folder that Pulumi.yaml names for stack files", async () => {
    const project = makeProject();
    appendFileSync(path.join(project, "Pulumi.yaml"), "stackConfigDir: stacks\n");
    const given = ["--vault", "Home", "--repository", "git@git.example.org:gitops"];
    expect(await init(project, ...given)).toMatchObject({ exitCode: 0, stderr: "" });
    expect(readdirSync(path.join(project, "stacks"))).toEqual(["Pulumi.prod.yaml"]);
  });

  it("names all that is missing where nobody can be asked", async () => {
    await expect(completeAnswers({ repository: "" }, false)).rejects.toThrow(
      "init: --vault and --repository: missing\n  fix: add --vault: ",
    );
  });

  it("refuses an answer that a stack file must not have, and writes nothing", async () => {
    const project = makeProject();
    const given = ["--vault", "a/b", "--repository", "https://git.example.org/gitops.git"];
    const { exitCode, stdout, stderr } = await init(project, ...given);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    expect(stderr).toContain('berth:onepassword.vault: "a/b" has a "/"');
    expect(readdirSync(project)).toEqual(["Pulumi.yaml"]);
  });

  it("says as JSON what it wrote and what comes next", async () => {
    const project = makeProject();
    const given = ["--vault", "Home", "--repository", "git@git.example.org:gitops"];
    const { stdout } = await init(project, "--json", ...given);
    expect(JSON.parse(stdout)).toEqual({
      written: ["Pulumi.yaml", "Pulumi.prod.yaml"],
      next: [
        "pulumi stack init prod",
        "npm run doctor -- --stack prod",
        "pulumi preview --stack prod",
      ],
    });
  });
});

describe("the stack file", () => {
  it("keeps what is not an answer", () => {
    expect(findAnswers(readDocument("Pulumi.prod.yaml", requested))).toEqual(answers);
    const text = fill(requested);
    expect(text).toContain("other:key: kept # by hand");
    expect(parse(text)).toEqual({
      encryptionsalt: "v1:example",
      config: {
        "other:key": "kept",
        "berth:postgres": {
          endpoint: { kubernetes: { namespace: "db-postgres", service: "postgres-postgresql" } },
        },
        "berth:onepassword": { vault: "Coachlight" },
        "berth:gitops": { directory: "../gitops", repoURL: answers.repository },
        "berth:apps": {},
      },
    });
  });

  it.each(["", "config:\n", "config: {}\n", "encryptionsalt: v1:example\n", "# mine\n"])(
    "is made of %j too",
    (text) => {
      const filled = fill(text);
      expect(Object.keys((parse(filled) as { config: object }).config)).toHaveLength(4);
      expect(filled).not.toMatch(/ $/m);
    },
  );

  it.each([
    ["git@git.example.org:team/tree.git", "../tree"],
    ["https://git.example.org/team/tree/", "../tree"],
    ["ssh://git@git.example.org:2222/team/tree", "../tree"],
  ])("expects the checkout of %s beside the project", (repository, directory) => {
    const made = parse(fill("", { ...answers, repository })) as {
      config: { "berth:gitops": { directory: string } };
    };
    expect(made.config["berth:gitops"].directory).toBe(directory);
  });

  it("keeps the line breaks of Windows", () => {
    const text = fill(requested.replaceAll("\n", "\r\n"));
    expect(text.replaceAll("\r\n", "")).not.toContain("\n");
    expect(text).toContain("  other:key: kept # by hand\r\n");
  });

  it("keeps an answer a text, whatever it looks like", () => {
    const made = parse(fill("", { ...answers, vault: "2026: yes # no" })) as {
      config: { "berth:onepassword": { vault: string } };
    };
    expect(made.config["berth:onepassword"].vault).toBe("2026: yes # no");
  });
});

describe("the project's other files", () => {
  it("are added where they are missing, and are those of the template", () => {
    const folder = path.join(home, "my databases");
    mkdirSync(folder);
    writeFileSync(path.join(folder, "package.json"), '{"dependencies":{}}');
    const written = addProjectFiles(folder);
    expect(written).toEqual([
      ".github/workflows/preview.yml",
      ".gitignore",
      ".vscode/extensions.json",
      ".vscode/settings.json",
      "Pulumi.yaml",
      "index.js",
      "package.json",
    ]);
    const manifest = readFileSync(path.join(folder, "package.json"), "utf8");
    expect(JSON.parse(manifest)).toEqual({ dependencies: {}, type: "module" });
    const project = parse(readFileSync(path.join(folder, "Pulumi.yaml"), "utf8")) as object;
    expect(project).toMatchObject({ name: "my-databases", runtime: { name: "nodejs" } });
    expect(project).not.toHaveProperty("template");
    expect(addProjectFiles(folder)).toEqual([]);
  });

  it.each([
    ["", 1],
    ["plugins:\n  analyzers: []\n", 1],
    ["plugins:\n  providers:\n    - name: mine # by hand\n      path: ./mine\n", 2],
  ])("name the provider in a Pulumi.yaml with %j, once", (more, count) => {
    const project = makeProject();
    const file = path.join(project, "Pulumi.yaml");
    writeFileSync(file, `name: databases # ours\nruntime: nodejs\n${more}`);
    expect([addProvider(project), addProvider(project)]).toEqual([true, false]);
    const text = readFileSync(file, "utf8");
    expect(text).toContain("name: databases # ours\n");
    expect(text.includes("# by hand")).toBe(more.includes("# by hand"));
    const { plugins } = parse(text) as { plugins: { providers: object[] } };
    expect(plugins.providers).toHaveLength(count);
    expect(plugins.providers.at(-1)).toEqual({
      name: "berth",
      path: "node_modules/berth/dist/provider",
    });
  });

  it("ask with the template for exactly what init wants to know", () => {
    const { template } = parse(
      readFileSync(path.join(projectFolder, "template/Pulumi.yaml"), "utf8"),
    ) as { template: { config: object } };
    const keys = Object.keys(template.config).map((key) => key.replace("answers:", ""));
    expect(keys.toSorted()).toEqual(Object.keys(answers).toSorted());
  });

  it("preview a pull request as the example for GitHub does", () => {
    const read = (file: string): string => readFileSync(path.join(projectFolder, file), "utf8");
    const [, ...lines] = read("examples/ci/github.yml").split("\n");
    expect(read("template/.github/workflows/preview.yml")).toBe(
      lines.join("\n").replace("npm run preview -- ", "npx berth preview "),
    );
  });

  it("name the schema and the provider where the package has them", () => {
    const settings = JSON.parse(
      readFileSync(path.join(projectFolder, "template/.vscode/settings.json"), "utf8"),
    ) as { "yaml.schemas": object };
    expect(Object.keys(settings["yaml.schemas"])).toEqual([
      "./node_modules/berth/dist/components/config/schema.json",
    ]);
    expect(fill("")).toContain("$schema=node_modules/berth/dist/components/config/schema.json\n");
  });
});
