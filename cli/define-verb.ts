import path from "node:path";
import { Command, Option } from "@commander-js/extra-typings";
import { commandLine } from "../components/command-line.ts";
import { listStacks } from "../components/config/list-stacks.ts";
import { BerthError } from "../components/errors.ts";
import { projectFolder } from "../components/project-folder.ts";

export interface StackArgs {
  readonly stack: string;
  /** The stack file; undefined = where Pulumi looks for it. */
  readonly file: string | undefined;
}

export interface AppArgs extends StackArgs {
  /** undefined = no app is named. */
  readonly app: string | undefined;
}

/** What the help of a verb says beside its options. */
interface About {
  /** One line, for the list of verbs. */
  readonly summary: string;
  /** What else one must know. */
  readonly details?: string;
  /** Which app its argument means, if it has one. */
  readonly app?: string;
  /** Arguments of a command, and what it does. */
  readonly examples: readonly (readonly [args: string, does: string])[];
}

/**
 * A verb with the options that all verbs have. Its file adds others and an action, which loads the verb's own
 * modules only when it runs: no verb loads another's libraries.
 */
export function defineVerb(name: string, about: About) {
  const stack = new Option("--stack <name>", "the stack");
  return new Command(name)
    .summary(about.summary)
    .description(toSentence(about.summary))
    .addOption(stack.default("", "the one that Pulumi has selected"))
    .option("--config-file <file>", "stack file (default: Pulumi.<stack>.yaml)", fromProject)
    .option("--json", "print one JSON document")
    .addHelpText("after", () => toClosing(name, about))
    .hook("preAction", async (verb) => {
      const isGiven = verb.getOptionValueSource("stack") !== "default";
      verb.setOptionValue("stack", await chooseStack(name, verb.opts().stack, isGiven));
    });
}

/** A verb that may be about one app, which is its argument: `berth rotate wiki`. */
export function defineAppVerb(name: string, about: About) {
  return defineVerb(name, about)
    .usage("[app] [options]")
    .argument("[app]", about.app ?? "only this app")
    .addOption(new Option("--app <name>", "the same as the argument").hideHelp())
    .hook("preAction", (verb) => {
      const { app } = verb.opts();
      const [argument = app] = verb.args;
      if (app !== undefined && app !== argument) {
        throw new BerthError(`${name}: two apps, "${String(argument)}" and "${app}"`, {
          hint: "leave out --app",
        });
      }
      verb.setOptionValue("app", argument);
    });
}

/** For `--admin`. Commander sees no conflict with an app that is an argument. */
export function refuseAppOfAdmin(verb: string, app: string | undefined): void {
  if (app === undefined) return;
  throw new BerthError(
    `${verb}: got --admin and app "${app}"; --admin is for the admin role, not for an app`,
    { hint: "leave out one of the two" },
  );
}

/** A file as it is named in the current folder, which may be below that of the project, where the verbs work. */
export function fromProject(file: string): string {
  return process.cwd() === projectFolder ? file : path.resolve(file);
}

async function chooseStack(verb: string, given: string, wasGiven: boolean): Promise<string> {
  // The stack's file, its resources and its identity go by the name alone.
  if (given.includes("/")) {
    throw new BerthError(`${verb}: --stack has more than the name of a stack: "${given}"`, {
      hint: `write --stack ${given.split("/").at(-1) ?? ""}`,
    });
  }
  const chosen = wasGiven ? given : await findSelected();
  if (chosen !== undefined && chosen !== "") return chosen;
  const stacks = listStacks().join(", ") || "your stacks' names";
  throw new BerthError(
    wasGiven
      ? `${verb}: --stack has no name`
      : `${verb}: --stack is missing, and Pulumi has no stack selected`,
    { hint: `add --stack and one of ${stacks}; or run: pulumi stack select` },
  );
}

/** The stack that Pulumi has selected. The help of a verb needs no YAML. */
async function findSelected(): Promise<string | undefined> {
  const { findSelectedStack } = await import("../components/engine/selected-stack.ts");
  return findSelectedStack(projectFolder, process.env);
}

function toSentence(summary: string): string {
  return `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`;
}

function toClosing(name: string, { details, examples }: About): string {
  const lines = examples.map(([args, does]) => `  ${commandLine(name, args)}\n      ${does}`);
  return ["", ...(details === undefined ? [] : [details, ""]), "Examples:", ...lines].join("\n");
}
