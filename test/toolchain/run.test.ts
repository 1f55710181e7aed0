import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  canRunTypeScript,
  chooseNode,
  isInstalled,
  recordInstalled,
} from "../../toolchain/run.mjs";

const runner = join(import.meta.dirname, "..", "..", "toolchain", "run.mjs");
let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "berth-run-"));
  mkdirSync(join(root, "node_modules"));
  lockFile({ "": {}, "node_modules/zod": { version: "4.0.0" } });
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

function lockFile(packages: object, file = "package-lock.json"): void {
  writeFileSync(join(root, file), JSON.stringify({ packages }));
}
const noted = join("node_modules", ".package-lock.json");

describe("isInstalled", () => {
  it("is false for a fresh clone and for an interrupted install", () => {
    expect(isInstalled(root)).toBe(false);
    rmSync(join(root, "node_modules"), { recursive: true });
    expect(isInstalled(root)).toBe(false);
  });

  it("is true after a finished install, until the lock file changes", () => {
    recordInstalled(root);
    expect(isInstalled(root)).toBe(true);
    lockFile({ "": {}, "node_modules/zod": { version: "4.0.1" } });
    expect(isInstalled(root)).toBe(false);
  });

  it("accepts an install made by hand that agrees with the lock file", () => {
    lockFile({ "node_modules/zod": { version: "4.0.0" } }, noted);
    expect(isInstalled(root)).toBe(true);
    lockFile({ "node_modules/zod": { version: "3.9.0" } }, noted);
    expect(isInstalled(root)).toBe(false);
  });

  it("does not miss optional packages of other platforms", () => {
    const other = { version: "1.0.0", optional: true };
    lockFile({ "": {}, "node_modules/zod": { version: "4.0.0" }, "node_modules/other-os": other });
    lockFile({ "node_modules/zod": { version: "4.0.0" } }, noted);
    expect(isInstalled(root)).toBe(true);
  });
});

describe("the choice of Node", () => {
  it.each([
    ["18.20.0", false],
    ["20.20.2", false],
    ["22.17.1", false],
    ["22.18.0", true],
    ["23.5.0", false],
    ["23.6.0", true],
    ["24.0.0", true],
    ["26.1.0", true],
  ])("%s runs TypeScript: %s", (version, able) => {
    expect(canRunTypeScript(version)).toBe(able);
  });

  it("is the current one when that is new enough", () => {
    expect(chooseNode(root, { version: "24.1.0", execPath: "/bin/node" })).toBe("/bin/node");
  });

  it("is the one from npm when the current one is old, or an error that says how to get it", () => {
    const old = { version: "20.0.0", execPath: "/bin/node" };
    expect(() => chooseNode(root, old)).toThrow(/this is 20\.0\.0[^]*npm rebuild node/);
    const fromNpm = join(root, "node_modules", "node", "bin");
    mkdirSync(fromNpm, { recursive: true });
    writeFileSync(join(fromNpm, "node"), "");
    expect(chooseNode(root, old)).toBe(join(fromNpm, "node"));
  });
});

describe("the installation", () => {
  it("says how far it is while npm works, and shows npm's words when that fails", () => {
    const bin = join(root, "bin");
    mkdirSync(bin);
    const npm = (script: string): void => {
      writeFileSync(join(bin, "npm"), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    };
    mkdirSync(join(root, "toolchain"));
    const source = readFileSync(runner, "utf8").replace(
      "INSTALL_BEAT_MS = 10_000",
      "INSTALL_BEAT_MS = 200",
    );
    writeFileSync(join(root, "toolchain", "run.mjs"), source);
    writeFileSync(join(root, "script.ts"), "console.log(1)");
    const start = () =>
      spawnSync(process.execPath, [join(root, "toolchain", "run.mjs"), "script.ts"], {
        encoding: "utf8",
        env: { PATH: `${bin}:/usr/bin:/bin` },
      });
    npm("echo no such package >&2; exit 1");
    expect(start()).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/npm ci failed:\nno such package\nFix the cause/) as string,
    });
    npm("mkdir -p node_modules/zod; echo '{}' > node_modules/zod/package.json; sleep 1");
    const { status, stdout, stderr } = start();
    expect([status, stdout]).toEqual([0, "1\n"]);
    expect(stderr).toMatch(
      /still installing, \d+ s: 1 of 1 packages\n[^]*packages installed in \d+ s\n$/,
    );
  });
});

describe("the run itself", () => {
  /** A tree like Berth's with one script in it. */
  function tree(script: string): string {
    mkdirSync(join(root, "toolchain"));
    cpSync(runner, join(root, "toolchain", "run.mjs"));
    writeFileSync(join(root, "script.ts"), script);
    recordInstalled(root);
    return join(root, "toolchain", "run.mjs");
  }

  it("passes arguments on and puts the tree's programs first on PATH", () => {
    const script =
      "console.log(JSON.stringify([process.argv.slice(2), process.env.PATH]) as string)";
    const out = execFileSync(process.execPath, [tree(script), "script.ts", "--all", "a b"], {
      encoding: "utf8",
    });
    const [args, path] = JSON.parse(out) as [string[], string];
    expect(args).toEqual(["--all", "a b"]);
    expect(path.startsWith(`${join(root, "node_modules", ".bin")}:`)).toBe(true);
  });

  it("ends with the script's exit code and adds no word", () => {
    const { status, stderr } = spawnSync(process.execPath, [
      tree("process.exitCode = 7"),
      "script.ts",
    ]);
    expect([status, String(stderr)]).toEqual([7, ""]);
  });

  it("hands SIGTERM to the script", async () => {
    const script =
      'process.on("SIGTERM", () => process.exit(9)); setInterval(() => 0, 1e3); console.log(1)';
    const child = spawn(process.execPath, [tree(script), "script.ts"], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(child.stdout, "data");
    child.kill("SIGTERM");
    expect(await once(child, "exit")).toEqual([9, null]);
  });
});
