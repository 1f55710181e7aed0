import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import { afterAll, expect, it } from "vitest";
import { projectFolder } from "../components/project-folder.ts";

const folder = mkdtempSync(path.join(tmpdir(), "berth-cache-"));

afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** What a program prints, started as Pulumi.yaml has the language host start it. */
async function start(program: string, cacheHome: string): Promise<string> {
  const args = [
    "--import=./components/engine/program-start.ts",
    "--input-type=module",
    "--eval",
    program,
  ];
  const { all } = await execa(process.execPath, args, {
    cwd: projectFolder,
    env: { XDG_CACHE_HOME: cacheHome, NODE_NO_WARNINGS: "1" },
    extendEnv: false,
    all: true,
  });
  return all;
}

const usesPackage = 'import { parse } from "yaml"; console.log(parse("4"))';

it("keeps what Node compiles, and does without where it cannot", async () => {
  expect(await start(usesPackage, folder)).toBe("4");
  const kept = readdirSync(path.join(folder, "berth/node"), { recursive: true });
  expect(kept.length).toBeGreaterThan(10);
  const file = path.join(folder, "file");
  writeFileSync(file, "");
  expect(await start(usesPackage, file)).toBe("4");
});

it("leaves out what the SDK loads to serialize functions, and no debugger is attached", async () => {
  const program = `
    import { createRequire } from "node:module";
    import * as pulumi from "@pulumi/pulumi";
    const require = createRequire(import.meta.url);
    await require("@pulumi/pulumi/runtime/closure/v8Hooks.js").isInitializedAsync();
    const loaded = Object.keys(require.cache);
    const unused = loaded.filter((file) => /[/](typescript|arborist)[/]/.test(file));
    const inspector = process.moduleLoadList.filter((name) => name === "NativeModule inspector");
    console.log(typeof pulumi.CustomResource, loaded.length > 50, unused.length, inspector.length);
  `;
  expect(await start(program, folder)).toBe("function true 0 0");
});
