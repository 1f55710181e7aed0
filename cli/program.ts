import { Command, CommanderError } from "@commander-js/extra-typings";
import { commandLine } from "../components/command-line.ts";
import { refuseNpmOptions, toRightCommand } from "./npm-options.ts";
import { printError } from "./print.ts";
import { Interrupted } from "./pulumi-process.ts";
import { describeFailure } from "./terminal/describe-failure.ts";
import { verbs } from "./verbs.ts";

/** Runs a verb, and sets the exit code of this process. */
export async function runProgram(args: readonly string[]): Promise<void> {
  await run(args).catch((error: unknown) => {
    fail(error, args);
  });
}

async function run(args: readonly string[]): Promise<void> {
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
  process.exitCode = error instanceof Interrupted ? Interrupted.exitCode : 2;
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

/** The command `berth` with all verbs, and the help of both. */
export function defineProgram() {
  const program = new Command("berth")
    .usage("<verb> [options]")
    .description("Berth's verbs. They add to pulumi preview and pulumi up.")
    .commandsGroup("Verbs:")
    .helpOption("--help", "print this text")
    .helpCommand(false)
    .configureHelp({ subcommandTerm: (verb) => verb.name() })
    .configureOutput({ outputError: () => undefined })
    .addHelpText("after", () => closing)
    .exitOverride();
  for (const verb of verbs) program.addCommand(verb.copyInheritedSettings(program));
  return program;
}

const closing = `
A verb that may be about one app takes its name: ${commandLine("rotate", "wiki")}.

add, adopt, doctor, preview, rotate and verify need 1Password, as pulumi up does: OP_CONNECT_HOST and
OP_CONNECT_TOKEN, OP_SERVICE_ACCOUNT_TOKEN, or OP_ACCOUNT.

Exit code 0: no problem; 1: the verb found a problem; 2: it could not run;
130: it was interrupted.

${commandLine("verify", "--help")} shows the options of a verb, with examples.
berth complete bash (or zsh, fish, powershell) prints what your shell needs to complete verbs,
options and stacks.`;
