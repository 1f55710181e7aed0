import type { AccessDecision } from "../../components/postgres/diff/access.ts";
import { type Action, describeAction } from "../../components/postgres/statements/actions.ts";

/** What is to be done, as a preview tells it: each with the property that asks for it. */
export function describeActions(actions: readonly Action[]): readonly string[] {
  return actions.map((action) => `${action.path}: ${describeAction(action)}`);
}

/** The same for `drift` in state. What stands in the way is no action, but up has to come back to it. */
export function describeDrift(
  found: Pick<AccessDecision, "actions" | "problems" | "blocked">,
): readonly string[] {
  const obstacles = [...found.problems, ...found.blocked].map((text) => `database: ${text}`);
  return [...describeActions(found.actions), ...obstacles];
}

/** Lines under a title. */
export function toText(title: string, lines: readonly string[]): string {
  return [title, ...lines.map((line) => `  ${line}`)].join("\n");
}
