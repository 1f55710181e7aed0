import { didYouMean } from "../components/closest.ts";
import { commandLine, toShellWord } from "../components/command-line.ts";
import type { AppSpec, StackSpec } from "../components/config/spec.ts";
import { BerthError } from "../components/errors.ts";

/** The only app. `what` is for one app alone; `options` are the other options of the command. */
export function requireOne(
  apps: readonly AppSpec[],
  verb: string,
  { what, options }: { readonly what: string; readonly options: string },
): AppSpec {
  const [one, ...others] = apps;
  if (one !== undefined && others.length === 0) return one;
  throw new BerthError(`${verb}: ${what} is for one app, not for ${String(apps.length)}`, {
    hint: `name it: ${commandLine(verb, `${one?.name ?? "NAME"} ${options}`)}`,
  });
}

/** The named app, or all apps of the stack if there is no name. */
export function selectApps(spec: StackSpec, name: string | undefined): readonly AppSpec[] {
  if (name === undefined) return spec.apps;
  const found = spec.apps.filter((app) => app.name === name);
  if (found.length > 0) return found;
  const names = spec.apps.map((app) => app.name);
  throw new BerthError(
    `stack ${spec.stack} has no app "${name}"${didYouMean(name, names) || ";"} its apps are ${names.join(", ") || "none"}`,
    {
      hint: `name one of them, or add the app: ${commandLine("add", `${toShellWord(name)} --stack ${spec.stack}`)}`,
    },
  );
}
