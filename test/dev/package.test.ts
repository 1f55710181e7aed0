import { globSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import { describe, expect, it } from "vitest";
import { projectFolder } from "../../components/project-folder.ts";
import { besideCode } from "../../dev/package/files.ts";

/** What `npm pack` would pack, without the build. `test/engine/package.full.test.ts` uses a packed one. */

describe("the npm package", () => {
  it("has the command, the template and the documents, and beside them only what is built", async () => {
    const args = ["pack", "--dry-run", "--json", "--ignore-scripts"];
    const { stdout } = await execa("npm", args, { cwd: projectFolder });
    const [packed] = JSON.parse(stdout) as { files: { path: string }[] }[];
    const files = packed?.files.map((file) => file.path) ?? [];
    expect(files.filter((file) => !file.startsWith("dist/")).toSorted()).toEqual([
      "CHANGELOG.md",
      "LICENSE",
      "Pulumi.prod.yaml",
      "README.md",
      "cli/berth.mjs",
      "package.json",
      "template/.github/workflows/preview.yml",
      "template/.gitignore",
      "template/.vscode/extensions.json",
      "template/.vscode/settings.json",
      "template/Pulumi.yaml",
      "template/index.js",
      "template/package.json",
    ]);
  });

  it.each([
    ["in another project, which installs it from Git,", "..", "run build\n"],
    ["in its own clone, where nothing needs that,", ".", ""],
  ])("%s npm's preparation of it builds it or not", async (_, prefix, ran) => {
    const folder = mkdtempSync(path.join(tmpdir(), "berth-npm-"));
    writeFileSync(path.join(folder, "npm"), '#!/bin/sh\necho "$@"\n', { mode: 0o755 });
    const { stdout } = await execa(process.execPath, ["dev/package/prepare.mjs"], {
      cwd: projectFolder,
      env: {
        PATH: `${folder}:${process.env["PATH"] ?? ""}`,
        npm_config_local_prefix: path.resolve(projectFolder, prefix),
      },
      stripFinalNewline: false,
    });
    rmSync(folder, { recursive: true });
    expect(stdout).toBe(ran);
  });

  it("gets every file that the code reads", () => {
    const all = globSync("{components,provider,cli}/**/*.*", { cwd: projectFolder });
    const read = all.filter((file) => !/\.(?:ts|mjs)$/.test(file));
    expect(globSync([...besideCode], { cwd: projectFolder })).toEqual(expect.arrayContaining(read));
  });
});
