/** What must be known of the arguments of `npm run pulumi` before the Pulumi CLI reads them. */

export function findStack(args: readonly string[]): string | undefined {
  return findOption(args, "--stack", "-s") ?? findStackOperand(beforeEnd(args));
}

/** The value of an option; the last one wins, as it does with Pulumi. */
export function findOption(
  args: readonly string[],
  name: string,
  short?: string,
): string | undefined {
  const own = beforeEnd(args);
  const values = own.flatMap((arg, at) => {
    if (arg === name || arg === short) return own.slice(at + 1, at + 2);
    if (arg.startsWith(`${name}=`)) return [arg.slice(name.length + 1)];
    const isShort = short !== undefined && arg.startsWith(short);
    return isShort ? [arg.slice(short.length).replace(/^=/, "")] : [];
  });
  return values.at(-1);
}

/** The stack of `pulumi stack init prod`: these commands take it without an option. */
function findStackOperand([command, verb = "", name]: readonly string[]): string | undefined {
  const takesName = command === "stack" && ["init", "rm", "select"].includes(verb);
  return takesName && name?.startsWith("-") === false ? name : undefined;
}

/** Whether Pulumi only prints help or its version, which needs no stack. */
export function isQuestion(args: readonly string[]): boolean {
  const [first] = args;
  const questions = ["--help", "-h", "--version"];
  return (
    first === undefined ||
    first === "version" ||
    first === "help" ||
    beforeEnd(args).some((arg) => questions.includes(arg))
  );
}

/** Options end at `--`. */
function beforeEnd(args: readonly string[]): readonly string[] {
  const end = args.indexOf("--");
  return end === -1 ? args : args.slice(0, end);
}
