import { execa } from "execa";
import { describe, expect, it } from "vitest";
import { verbs } from "../../cli/verbs.ts";
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

async function listLoadedBy(program: string): Promise<readonly string[]> {
  const preload = `--import=data:text/javascript,${encodeURIComponent(hook)}`;
  const args = [preload, "--input-type=module", "--eval", program];
  const { stderr } = await execa(process.execPath, args, { cwd: projectFolder, timeout: 60_000 });
  return stderr.split("\n").filter((line) => line.startsWith("loaded: "));
}

describe("Pulumi's SDK, which takes longer to load than a verb to run,", () => {
  it("is loaded by no verb, nor by a run of plan and report", async () => {
    const program = `
      import { runProgram } from "./cli/program.ts";
      for (const verb of ["plan", "report"]) await runProgram([verb, "--stack", "prod"]);
      for (const verb of ${JSON.stringify(verbs.map((verb) => verb.name()))}) {
        await import("./cli/" + verb + "/verb.ts");
      }`;
    expect(await listLoadedBy(program)).toEqual([]);
  });

  it("is loaded by what the program alone uses", async () => {
    const program = 'await import("./components/config/load-from-engine.ts")';
    expect(await listLoadedBy(program)).not.toEqual([]);
  });
});
