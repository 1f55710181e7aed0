import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import { afterAll, expect, it } from "vitest";
import { projectFolder } from "../dev/sandbox.ts";

const folder = mkdtempSync(path.join(tmpdir(), "berth-cache-"));

afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** What a program prints that needs a package, started as Pulumi.yaml has the language host start it. */
async function start(cacheHome: string): Promise<string> {
  const program = 'import { parse } from "yaml"; console.log(parse("4"))';
  const args = ["--import=./components/program-start.ts", "--input-type=module", "--eval", program];
  const { all } = await execa(process.execPath, args, {
    cwd: projectFolder,
    env: { XDG_CACHE_HOME: cacheHome, NODE_NO_WARNINGS: "1" },
    extendEnv: false,
    all: true,
  });
  return all;
}

it("keeps what Node compiles, and does without where it cannot", async () => {
  expect(await start(folder)).toBe("4");
  const kept = readdirSync(path.join(folder, "berth/node"), { recursive: true });
  expect(kept.length).toBeGreaterThan(10);
  const file = path.join(folder, "file");
  writeFileSync(file, "");
  expect(await start(file)).toBe("4");
});
