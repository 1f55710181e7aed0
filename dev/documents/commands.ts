import { defineProgram } from "../../cli/program.ts";
import { verbs } from "../../cli/verbs.ts";

/** The help of each verb, as it prints it. */
export function commandReference(): string {
  defineProgram();
  return verbs.map((verb) => `## ${verb.name()}\n\n\`\`\`\n${readHelp(verb)}\n\`\`\``).join("\n\n");
}

function readHelp(verb: (typeof verbs)[number]): string {
  let help = "";
  verb.configureOutput({ getOutHelpWidth: () => 100, writeOut: (text) => (help += text) });
  verb.outputHelp();
  return help.trim();
}
