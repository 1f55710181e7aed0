import addTo from "@bomb.sh/tab/commander";
import type { CommandUnknownOpts } from "@commander-js/extra-typings";
import { listStacks } from "../components/config/list-stacks.ts";

/** Adds the verb `complete`, which prints a shell's completion script and answers that script's questions. */
export function addCompletion(program: CommandUnknownOpts): void {
  // The same class; its types are those of Commander without the types of options.
  const { commands } = addTo(program as unknown as Parameters<typeof addTo>[0]);
  for (const { options } of commands.values()) {
    const stack = options.get("stack");
    if (stack === undefined) continue;
    stack.handler = (complete) => {
      for (const name of listStacks()) complete(name, "");
    };
  }
}
