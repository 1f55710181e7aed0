import { Command } from "@commander-js/extra-typings";
import { commandLine } from "../components/command-line.ts";
import { verbs } from "./verbs.ts";

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

Exit code 0: no problem; 1: the verb found a problem; 2: it could not run.

${commandLine("verify", "--help")} shows the options of a verb, with examples.
berth complete bash (or zsh, fish, powershell) prints what your shell needs to complete verbs,
options and stacks.`;
