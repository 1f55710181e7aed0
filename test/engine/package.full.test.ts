import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { projectFolder } from "../../components/project-folder.ts";
import { Bed, type Config } from "./bed.ts";
import { useBed } from "./use-bed.ts";

/** The packed Berth in a project of one's own, outside of the repository, on the servers of a sandbox. */

const bed = useBed();
let home: string;
let project: string;
/** What is in the package. */
let files: readonly string[];
let env: Record<string, string>;

async function run(command: string, args: readonly string[], cwd = project) {
  const result = await execa(command, args, { cwd, env, reject: false, all: true });
  Bed.printed.push(result.all);
  return result;
}

const pulumi = (...args: readonly string[]) =>
  run(bed.toolchain.pulumi, [...args, "--non-interactive"]);
const berth = (...args: readonly string[]) => run("npx", ["berth", ...args]);

const answers = {
  vault: "Coachlight",
  namespace: "db-postgres",
  service: "postgres-postgresql",
  repository: "https://git.example.org/coachlight/gitops.git",
};

async function pack(): Promise<string> {
  const args = ["pack", "--json", "--pack-destination", home];
  const { stdout } = await execa("npm", args, { cwd: projectFolder });
  const [packed] = JSON.parse(stdout) as { filename: string; files: { path: string }[] }[];
  files = packed?.files.map((file) => file.path) ?? [];
  return path.join(home, packed?.filename ?? "");
}

/** Replaces what `init` wrote by what the sandbox has, with a path that counts from the project. */
function useSandbox(): void {
  const file = path.join(project, "Pulumi.dev.yaml");
  const made = parse(readFileSync(file, "utf8")) as { config: Config };
  const { config } = parse(readFileSync(bed.sandbox.stackFile, "utf8")) as { config: Config };
  delete config["berth:stack"];
  config["berth:gitops"] = { ...(config["berth:gitops"] as object), directory: "gitops" };
  writeFileSync(file, stringify({ ...made, config }));
  mkdirSync(path.join(project, "gitops"));
}

beforeAll(async () => {
  home = realpathSync(mkdtempSync(path.join(tmpdir(), "berth-package-")));
  project = path.join(home, "my databases");
  mkdirSync(project);
  env = {
    ...bed.toolchain.env,
    ...bed.sandbox.env,
    PULUMI_HOME: path.join(home, "pulumi"),
    PATH: `${path.dirname(bed.toolchain.pulumi)}:${process.env["PATH"] ?? ""}`,
    NO_COLOR: "1",
  };
  const tarball = await pack();
  const given = Object.entries(answers).flatMap(([key, answer]) => [
    "--config",
    `answers:${key}=${answer}`,
  ]);
  const template = path.join(projectFolder, "template");
  const made = ["--name", "databases", "--description", "Ours", "--stack", "dev", "--yes"];
  succeeded(await run(bed.toolchain.pulumi, ["new", template, ...made, ...given]));
  const install = ["install", tarball, "--ignore-scripts", "--prefer-offline", "--no-audit"];
  succeeded(await run("npm", install));
});

afterAll(() => {
  rmSync(home, { recursive: true, force: true });
});

function succeeded({ exitCode, all }: { exitCode?: number | undefined; all: string }): void {
  expect(exitCode, all).toBe(0);
}

describe("the package in a project of one's own", () => {
  it("holds built code and its types, and nothing to test or to develop with", () => {
    expect(files).toContain("dist/index.js");
    expect(files).toContain("dist/index.d.ts");
    expect(files.filter((file) => /(?<!\.d)\.ts$|test|sandbox|^dist\/dev\//.test(file))).toEqual(
      [],
    );
  });

  it("turns what pulumi new asked into a stack file", async () => {
    succeeded(await berth("init"));
    const file = readFileSync(path.join(project, "Pulumi.dev.yaml"), "utf8");
    expect(parse(file)).toMatchObject({
      encryptionsalt: expect.any(String) as string,
      config: { "berth:onepassword": { vault: answers.vault }, "berth:apps": {} },
    });
    succeeded(await berth("plan"));
    useSandbox();
  });

  it("has types that a program in TypeScript can use", async () => {
    writeFileSync(
      path.join(project, "use.ts"),
      'import { apps } from "berth";\nObject.keys(apps);\n',
    );
    const tsc = path.join(projectFolder, "node_modules/typescript/bin/tsc");
    const options = ["--noEmit", "--strict", "--skipLibCheck", "--module", "nodenext"];
    succeeded(await run(process.execPath, [tsc, ...options, "use.ts"]));
  });

  it("shows its verbs and plans the stack that Pulumi has selected, without a server", async () => {
    const help = await berth("verify", "--help");
    expect(help.stdout).toContain("\n  npx berth verify --stack prod\n");
    succeeded(await berth("report", "--html", "--out", "report.html"));
    const { exitCode, stdout } = await berth("plan", "--json");
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ stack: "dev" });
  });

  it("previews, makes, and then changes nothing", async () => {
    succeeded(await berth("preview"));
    const preview = await pulumi("preview");
    expect(preview.all).toContain("databases-dev");
    succeeded(preview);
    succeeded(await pulumi("up", "--yes", "--skip-preview"));
    const again = await pulumi("preview", "--expect-no-changes");
    succeeded(again);
    const apps = await pulumi("stack", "output", "apps");
    expect(Object.keys(JSON.parse(apps.stdout) as object)).toEqual(["basketball", "netbox"]);
  });

  it("has the policy pack", async () => {
    const pack = ["--policy-pack", "node_modules/berth/dist/policy"];
    const checked = await pulumi("preview", ...pack);
    succeeded(checked);
    expect(checked.all).toContain("connection-limits-set");
  });

  it("counts paths from the project's folder", () => {
    const file = path.join(project, "gitops/argocd/apps/infra/netbox.yml");
    expect(readFileSync(file, "utf8")).toContain("netbox");
  });

  it("verifies, from a folder below too", async () => {
    const verified = await run("npx", ["berth", "verify"], path.join(project, "gitops"));
    expect(verified).toMatchObject({ exitCode: 0, stderr: "" });
  });

  it("rotates through the project's own Pulumi", async () => {
    const before = bed.login("netbox-db-credentials").password;
    const rotated = await berth("rotate", "--app", "netbox");
    succeeded(rotated);
    expect(bed.login("netbox-db-credentials").password).not.toBe(before);
    succeeded(await berth("verify"));
  });

  it("diagnoses and looks for what was made by hand", async () => {
    const doctor = await berth("doctor", "--json");
    const { findings } = JSON.parse(doctor.stdout) as { findings: { status: string }[] };
    expect(findings.filter(({ status }) => status === "failed")).toEqual([]);
    succeeded(await berth("adopt"));
  });

  it("names commands that work here, and no file of the repository", async () => {
    const nowhere = await berth("verify", "--stack", "nowhere");
    expect(nowhere).toMatchObject({ exitCode: 2, stdout: "" });
    const texts = Bed.printed.filter((text) => text.includes("npm run"));
    expect(texts).toEqual([]);
    expect(nowhere.stderr).toContain("Pulumi.nowhere.yaml");
  });

  it("has the provider for pulumi package add", async () => {
    const got = await pulumi("package", "get-schema", "./node_modules/berth/dist/provider/plugin");
    expect(got.stdout).toContain('"berth:postgres:AppDatabase"');
    succeeded(got);
  });

  it("destroys what it made, and no database", async () => {
    const destroyed = await pulumi("destroy", "--yes", "--skip-preview");
    succeeded(destroyed);
    expect(await bed.sql("select from pg_database where datname = 'netbox'")).toHaveLength(1);
  });

  it("takes over a stack of the repository, and changes nothing", async () => {
    await bed.addLogin("wiki-db-credentials", "wiki", "Canary0Packed0Password");
    bed.configure((config) => {
      config["berth:apps"] = { wiki: {} };
      // The default one is that of the tests before.
      config["berth:postgres"]["ownershipRole"] = "berth_moved";
    });
    await bed.bringUp();
    const moved = path.join(home, "moved");
    mkdirSync(moved);
    for (const file of ["index.js", "package.json"]) {
      cpSync(path.join(project, file), path.join(moved, file));
    }
    symlinkSync(path.join(project, "node_modules"), path.join(moved, "node_modules"));
    const file = readFileSync(path.join(project, "Pulumi.yaml"), "utf8");
    writeFileSync(path.join(moved, "Pulumi.yaml"), file.replace("name: databases", "name: berth"));
    const stackFile = readFileSync(bed.sandbox.stackFile, "utf8");
    writeFileSync(path.join(moved, "Pulumi.dev.yaml"), stackFile);
    // Its path counts from the project's folder.
    const { config } = parse(stackFile) as { config: Config };
    const { directory } = config["berth:gitops"] as { directory: string };
    const checkout = path.resolve(moved, directory);
    if (checkout !== bed.gitops) {
      mkdirSync(path.dirname(checkout), { recursive: true });
      symlinkSync(bed.gitops, checkout);
    }
    const args = ["preview", "--expect-no-changes", "--stack", "dev", "--non-interactive"];
    succeeded(await run(bed.toolchain.pulumi, args, moved));
  });
});
