import { existsSync } from "node:fs";
import { parseArgs } from "node:util";
import { execa } from "execa";
import { print, printError } from "../cli/print.ts";
import { describeFailure } from "../cli/terminal/describe-failure.ts";
import { pulumiLine } from "../components/command-line.ts";
import { findSelectedStack } from "../components/engine/selected-stack.ts";
import { BerthError } from "../components/errors.ts";
import { projectFolder } from "../components/project-folder.ts";
import { ensureToolchain } from "../toolchain/ensure.ts";
import { enterSandbox } from "./cluster/reopen.ts";
import { ensurePlugins } from "./pulumi/cli.ts";
import { devHome, type Sandbox, writePasswordFile } from "./sandbox.ts";

/**
 * `npm run verify -- --stack dev`: runs a verb. For the stack of `npm start` it always uses that sandbox's
 * servers, vault and Pulumi. With the user's own, `rotate` would write to a real vault.
 */
const [verb = "", ...args] = process.argv.slice(2);
const options = {
  stack: { type: "string" },
  "config-file": { type: "string" },
  help: { type: "boolean" },
} as const;
const { values } = parseArgs({ args, options, strict: false });

async function prepareSandbox(): Promise<Sandbox> {
  if (!existsSync(devHome)) {
    throw new BerthError(`${verb}: stack dev is what npm start makes, and is not there`, {
      hint: "run npm start, or name another stack",
    });
  }
  const sandbox = await enterSandbox();
  Object.assign(process.env, sandbox.env);
  if (["doctor", "preview", "rotate"].includes(verb)) {
    const toolchain = await ensureToolchain(printError);
    await ensurePlugins(sandbox, printError);
    Object.assign(process.env, toolchain.env);
  }
  const into = verb === "adopt" || verb === "add" ? ["--into", "Pulumi.dev.yaml"] : [];
  const file =
    values["config-file"] === undefined ? ["--config-file", sandbox.stackFile, ...into] : [];
  // Before the user's arguments: the last one wins. The preview of `add` needs the stack file that is made anew.
  const own = verb === "add" ? ["--no-preview"] : [];
  process.argv.splice(3, 0, "--stack", "dev", ...file, ...own);
  return sandbox;
}

try {
  const stack = values.stack ?? findSelectedStack(projectFolder, process.env);
  // Without that `plan` reads the stack file alone.
  const isPlan = verb === "plan" && !args.includes("--verifiers");
  const isSandbox = stack === "dev" && values.help !== true && !isPlan;
  const sandbox = isSandbox ? await prepareSandbox() : undefined;
  await import("../cli/main.ts");
  // It may have made an item, or a new password.
  if (sandbox !== undefined) writePasswordFile(sandbox);
  const isQuiet = args.some((arg) => arg === "--json" || arg === "--no-preview");
  if (verb === "add" && sandbox !== undefined && !isQuiet && process.exitCode === 0) {
    const preview = [import.meta.filename, "preview", "--stack", "dev"];
    const { exitCode } = await execa(process.execPath, preview, {
      stdio: "inherit",
      reject: false,
    });
    process.exitCode = exitCode ?? 1;
    print(`next: ${pulumiLine("up", "dev")}`);
  }
} catch (error) {
  printError(describeFailure(error, `npm run ${verb} -- --help shows the options`));
  process.exitCode = 2;
}
