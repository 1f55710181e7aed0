import { commandLine, isPackage, toShellWord } from "../components/command-line.ts";
import { listStacks } from "../components/config/list-stacks.ts";
import { BerthError } from "../components/errors.ts";

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
  // npm gives the value of `--stack prod` as an argument, and that of `--stack=prod` in the environment.
  const stack = valueOf("stack") === "true" ? undefined : valueOf("stack");
  const words = args.filter((arg) => !arg.startsWith("-"));
  throw new BerthError(
    `${verb.name()}: npm took ${taken.map((name) => `--${name}`).join(", ")} as an option of its own`,
    { hint: `write the options after --, as in: ${toRightCommand(verb, words, [], stack)}` },
  );
}

function valueOf(option: string): string | undefined {
  return process.env[`npm_config_${option.replaceAll("-", "_")}`];
}

/** The command that somebody meant. The words are an app and, if it is not given as such, a stack, in any order. */
export function toRightCommand(
  verb: Pick<Verb, "name" | "registeredArguments">,
  words: readonly string[],
  options: readonly string[],
  stack = words.find((word) => listStacks().includes(word)),
): string {
  const apps = verb.registeredArguments.length === 0 ? [] : words.filter((word) => word !== stack);
  const named = stack === undefined ? [] : ["--stack", stack];
  return commandLine(
    verb.name(),
    [...apps.slice(0, 1), ...options, ...named].map(toShellWord).join(" "),
  );
}
