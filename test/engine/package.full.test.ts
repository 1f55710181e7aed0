import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { projectFolder } from "../../components/project-folder.ts";
import { Bed, type Config } from "./bed.ts";

/** The packed Berth in a project of one's own, outside of the repository, on the servers of a sandbox. */

let bed: Bed;
let home: string;
let project: string;
let env: Record<string, string>;

async function run(command: string, args: readonly string[], cwd = project) {
  const result = await execa(command, args, { cwd, env, reject: false, all: true });
  Bed.printed.push(result.all);
  return result;
}

const pulumi = (...args: readonly string[]) =>
  run(bed.toolchain.pulumi, [...args, "--non-interactive"]);
const berth = (...args: readonly string[]) => run("npx", ["berth", ...args]);

const projectFile = {
  name: "databases",
  runtime: {
    name: "nodejs",
    options: {
      typescript: false,
      nodeargs: "--max-semi-space-size=64 --import=berth/program-start",
    },
  },
  plugins: { providers: [{ name: "berth", path: "node_modules/berth/dist/provider" }] },
};

function writeStackFile(): void {
  const { config } = parse(readFileSync(bed.sandbox.stackFile, "utf8")) as { config: Config };
  const { "berth:stack": _, ...own } = config;
  const gitops = { ...(own["berth:gitops"] as object), directory: "gitops" };
  writeFileSync(
    path.join(project, "Pulumi.dev.yaml"),
    stringify({ config: { ...own, "berth:gitops": gitops } }),
  );
}

beforeAll(async () => {
  bed = await Bed.open();
  home = realpathSync(mkdtempSync(path.join(tmpdir(), "berth-package-")));
  project = path.join(home, "my databases");
  mkdirSync(path.join(project, "gitops"), { recursive: true });
  const { stdout } = await execa("npm", ["pack", "--json", "--pack-destination", home], {
    cwd: projectFolder,
  });
  const [packed] = JSON.parse(stdout) as { filename: string }[];
  writeFileSync(
    path.join(project, "package.json"),
    JSON.stringify({ name: "databases", private: true, type: "module" }),
  );
  writeFileSync(path.join(project, "index.js"), 'export * from "berth";\n');
  writeFileSync(path.join(project, "Pulumi.yaml"), stringify(projectFile));
  writeStackFile();
  env = {
    ...bed.toolchain.env,
    ...bed.sandbox.env,
    PULUMI_HOME: path.join(home, "pulumi"),
    PATH: `${path.dirname(bed.toolchain.pulumi)}:${process.env["PATH"] ?? ""}`,
    NO_COLOR: "1",
  };
  const tarball = path.join(home, packed?.filename ?? "");
  const install = ["install", tarball, "--ignore-scripts", "--prefer-offline", "--no-audit"];
  expect(await run("npm", install)).toMatchObject({ exitCode: 0 });
  expect(await pulumi("stack", "init", "dev")).toMatchObject({ exitCode: 0 });
});

afterAll(async () => {
  rmSync(home, { recursive: true, force: true });
  await bed.close();
});

describe("the package in a project of one's own", () => {
  it("shows its verbs and plans the stack that Pulumi has selected, without a server", async () => {
    const help = await berth("verify", "--help");
    expect(help.stdout).toContain("\n  npx berth verify --stack prod\n");
    const { exitCode, stdout } = await berth("plan", "--json");
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ stack: "dev" });
  });

  it("previews, makes, and then changes nothing", async () => {
    const preview = await pulumi("preview");
    expect(preview.all).toContain("databases-dev");
    expect(preview.exitCode).toBe(0);
    expect(await pulumi("up", "--yes", "--skip-preview")).toMatchObject({ exitCode: 0 });
    const again = await pulumi("preview", "--expect-no-changes");
    expect(again.exitCode, again.all).toBe(0);
    const apps = await pulumi("stack", "output", "apps");
    expect(Object.keys(JSON.parse(apps.stdout) as object)).toEqual(["basketball", "netbox"]);
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
    expect(rotated.exitCode, rotated.all).toBe(0);
    expect(bed.login("netbox-db-credentials").password).not.toBe(before);
    expect(await berth("verify")).toMatchObject({ exitCode: 0 });
  });

  it("diagnoses and looks for what was made by hand", async () => {
    const doctor = await berth("doctor", "--json");
    const { findings } = JSON.parse(doctor.stdout) as { findings: { status: string }[] };
    expect(findings.filter(({ status }) => status === "failed")).toEqual([]);
    expect(await berth("adopt")).toMatchObject({ exitCode: 0 });
  });

  it("names commands that work here, and no file of the repository", async () => {
    const nowhere = await berth("verify", "--stack", "nowhere");
    expect(nowhere).toMatchObject({ exitCode: 2, stdout: "" });
    const texts = Bed.printed.filter((text) => text.includes("npm run"));
    expect(texts).toEqual([]);
    expect(nowhere.stderr).toContain("Pulumi.nowhere.yaml");
  });

  it("destroys what it made, and no database", async () => {
    const destroyed = await pulumi("destroy", "--yes", "--skip-preview");
    expect(destroyed.exitCode, destroyed.all).toBe(0);
    expect(await bed.sql("select from pg_database where datname = 'netbox'")).toHaveLength(1);
  });
});
