import { CommanderError } from "@commander-js/extra-typings";
import { commandLine, isPackage } from "../components/command-line.ts";
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
  await program.parseAsync(args, { from: "user" });
}

function fail(error: unknown, [given = "", ...rest]: readonly string[]): void {
  if (error instanceof CommanderError && error.exitCode === 0) return;
  process.exitCode = 2;
  // Without a verb, Commander has printed the help already.
  if (error instanceof CommanderError && error.code === "commander.help") return;
  const names = verbs.map((verb) => verb.name());
  const isVerb = names.includes(given);
  const help = isVerb
    ? `${commandLine(given, "--help")} shows the options`
    : `the verbs are ${names.join(", ")}`;
  printError(describeFailure(error, isMissingDashes(error, rest) ? toDashes(given, rest) : help));
}

/** `npm run plan --stack prod`: npm takes the options for its own, and only their values come here. */
function isMissingDashes(error: unknown, args: readonly string[]): boolean {
  const isSurplus = error instanceof CommanderError && error.code === "commander.excessArguments";
  return isSurplus && !isPackage && args.every((arg) => !arg.startsWith("-"));
}

function toDashes(verb: string, [value = ""]: readonly string[]): string {
  return `options come after --, as in: ${commandLine(verb, `--stack ${value}`)}`;
}

outliveOutput();
const args = process.argv.slice(2);
await main(args).catch((error: unknown) => {
  fail(error, args);
});
