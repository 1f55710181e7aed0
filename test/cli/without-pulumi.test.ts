import { execa } from "execa";
import { describe, expect, it } from "vitest";
import { projectFolder } from "../../components/project-folder.ts";

/** Says on standard error which files of Pulumi's packages are loaded. */
const hook = `
  import { registerHooks } from "node:module";
  registerHooks({
    load(url, context, next) {
      const [, file] = url.split("/node_modules/@pulumi/");
      if (file !== undefined) process.stderr.write("loaded: @pulumi/" + file + "\\n");
      return next(url, context);
    },
  });
`;

async function listLoaded(...args: readonly string[]): Promise<readonly string[]> {
  const preload = `--import=data:text/javascript,${encodeURIComponent(hook)}`;
  const { stderr } = await execa(process.execPath, [preload, ...args], {
    cwd: projectFolder,
    timeout: 60_000,
  });
  return stderr.split("\n").filter((line) => line.startsWith("loaded: "));
}

async function listLoadedBy(file: string): Promise<readonly string[]> {
  return await listLoaded("--input-type=module", "--eval", `await import("./${file}")`);
}

describe("Pulumi's SDK, which takes longer to load than a verb to run,", () => {
  it.each(["plan", "report"])("is not loaded by a run of %s", async (verb) => {
    expect(await listLoaded("cli/main.ts", verb, "--stack", "prod")).toEqual([]);
  });

  it.each(["adopt", "doctor", "init", "rotate", "verify"])("is not loaded by %s", async (verb) => {
    expect(await listLoadedBy(`cli/${verb}/verb.ts`)).toEqual([]);
  });

  it("is loaded by what the program alone uses", async () => {
    expect(await listLoadedBy("components/config/load-from-engine.ts")).not.toEqual([]);
  });
});
