import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa, execaSync } from "execa";
import { afterAll, beforeAll } from "vitest";
import { projectFolder } from "../../components/project-folder.ts";
import { buildFlags, goEnvironment } from "../../toolchain/go-build.ts";

/** A machine without Go leaves out what needs a program in Go. */
export const hasGo = execaSync("go", ["version"], { reject: false }).exitCode === 0;

/** Builds the program in a folder below `test`, or one that its go.mod requires, and gives the path. */
export function useGoBinary(source: string, package_ = "."): string {
  const folder = mkdtempSync(path.join(tmpdir(), "berth-go-"));
  const program = path.join(folder, "program");
  beforeAll(async () => {
    if (!hasGo) return;
    const cwd = path.join(projectFolder, "test", source);
    const args = ["build", ...buildFlags, "-o", program, package_];
    await execa("go", args, { cwd, env: goEnvironment });
  }, 1_800_000);
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });
  return program;
}

/** Builds the program in a folder below `test`, and gives what runs it: JSON in, JSON out. */
export function useGoProgram<T>(source: string): (input: object) => Promise<T> {
  const program = useGoBinary(source);
  return async (input) => {
    const { stdout } = await execa(program, { input: JSON.stringify(input) });
    return JSON.parse(stdout) as T;
  };
}
