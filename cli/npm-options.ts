import { commandLine, isPackage } from "../components/command-line.ts";
import { BerthError } from "../components/errors.ts";
import { listStacks } from "./list-stacks.ts";

/** Options that npm has, too. It may have them from its own settings. */
const ofNpm = ["git", "json"];

/** The part of a verb that says what may come after its name. */
interface Verb {
  readonly name: () => string;
  readonly options: readonly { readonly name: () => string }[];
  readonly registeredArguments: readonly unknown[];
}

/**
 * Refuses `npm run rotate wiki --stack prod`: npm takes the options for its own, and the verb would run without
 * them, perhaps for another stack. npm says in the environment which it took.
 */
export function refuseNpmOptions(verb: Verb, args: readonly string[]): void {
  if (isPackage) return;
  const names = verb.options.map((option) => option.name()).filter((name) => !ofNpm.includes(name));
  const taken = names.filter((name) => valueOf(name) !== undefined);
  if (taken.length === 0) return;
  throw new BerthError(
    `${verb.name()}: npm took ${taken.map((name) => `--${name}`).join(", ")} for an option of its own`,
    { hint: `write the options after --, as in: ${toCommand(verb, args)}` },
  );
}

function valueOf(option: string): string | undefined {
  return process.env[`npm_config_${option.replaceAll("-", "_")}`];
}

/** npm gives the value of `--stack prod` as an argument, and that of `--stack=prod` in the environment. */
function toCommand(verb: Verb, args: readonly string[]): string {
  const given = valueOf("stack");
  const stacks = listStacks();
  const stack = given === "true" ? args.find((arg) => stacks.includes(arg)) : given;
  const [app] = args.filter((arg) => arg !== stack && !arg.startsWith("-"));
  const shown = [
    ...(app === undefined || verb.registeredArguments.length === 0 ? [] : [app]),
    ...["--stack", stack ?? stacks[0] ?? "prod"],
  ];
  return commandLine(verb.name(), shown.join(" "));
}
