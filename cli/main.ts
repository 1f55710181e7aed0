import { CommanderError } from "@commander-js/extra-typings";
import { commandLine } from "../components/command-line.ts";
import { refuseNpmOptions, toRightCommand } from "./npm-options.ts";
import { printError } from "./print.ts";
import { defineProgram } from "./program.ts";
import { describeFailure } from "./terminal/describe-failure.ts";
import { outliveOutput } from "./terminal/outlive-output.ts";
import { verbs } from "./verbs.ts";

/** Berth's verbs. Exit code 0: no problem. 1: the verb found a problem. 2: it could not run. */

async function main(args: readonly string[]): Promise<void> {
  const program = defineProgram();
  if (args[0] === "complete") {
    const { addCompletion } = await import("./completion.ts");
    addCompletion(program);
  }
  const verb = verbs.find((one) => one.name() === args[0]);
  if (verb !== undefined) refuseNpmOptions(verb, args.slice(1));
  await program.parseAsync(args, { from: "user" });
}

function fail(error: unknown, [given = "", ...rest]: readonly string[]): void {
  if (error instanceof CommanderError && error.exitCode === 0) return;
  process.exitCode = 2;
  // Without a verb, Commander has printed the help already.
  if (error instanceof CommanderError && error.code === "commander.help") return;
  printError(describeFailure(error, toHelp(error, given, rest)));
}

/** What helps if the error itself says nothing of that. */
function toHelp(error: unknown, given: string, rest: readonly string[]): string {
  const verb = verbs.find((one) => one.name() === given);
  if (verb === undefined) return `the verbs are ${verbs.map((one) => one.name()).join(", ")}`;
  const isSurplus = error instanceof CommanderError && error.code === "commander.excessArguments";
  if (!isSurplus) return `${commandLine(given, "--help")} shows the options`;
  const options = rest.filter((arg) => !verb.args.includes(arg));
  return toRightCommand(verb, verb.args, options);
}

outliveOutput();
const args = process.argv.slice(2);
await main(args).catch((error: unknown) => {
  fail(error, args);
});
