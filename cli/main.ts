import { Command, CommanderError } from "@commander-js/extra-typings";
import { commandLine } from "../components/command-line.ts";
import { ignoreClosedPipe } from "./closed-pipe.ts";
import { describeFailure } from "./describe-failure.ts";
import { printError } from "./print.ts";
import { verbs } from "./verbs.ts";

/** Berth's verbs. Exit code 0: no problem. 1: the verb found a problem. 2: it could not run. */

function defineProgram() {
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
adopt, doctor, preview, rotate and verify need 1Password, as pulumi up does: OP_CONNECT_HOST and
OP_CONNECT_TOKEN, OP_SERVICE_ACCOUNT_TOKEN, or OP_ACCOUNT.

Exit code 0: no problem; 1: the verb found a problem; 2: it could not run.

${commandLine("verify", "--help")} shows the options of a verb, with examples.
berth complete bash (or zsh, fish, powershell) prints what your shell needs to complete verbs,
options and stacks.`;

async function main(args: readonly string[]): Promise<void> {
  const program = defineProgram();
  if (args[0] === "complete") {
    const { addCompletion } = await import("./completion.ts");
    addCompletion(program);
  }
  await program.parseAsync(args, { from: "user" });
}

function fail(error: unknown, [given = ""]: readonly string[]): void {
  if (error instanceof CommanderError && error.exitCode === 0) return;
  process.exitCode = 2;
  // Without a verb, Commander has printed the help already.
  if (error instanceof CommanderError && error.code === "commander.help") return;
  const names = verbs.map((verb) => verb.name());
  const isVerb = names.includes(given);
  printError(
    describeFailure(
      error,
      isVerb
        ? `${commandLine(given, "--help")} shows the options`
        : `the verbs are ${names.join(", ")}`,
    ),
  );
}

ignoreClosedPipe();
const args = process.argv.slice(2);
await main(args).catch((error: unknown) => {
  fail(error, args);
});
