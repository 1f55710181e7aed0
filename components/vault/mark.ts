import type { StackIdentity } from "../config/spec/postgres.ts";
import type { StackSpec } from "../config/spec.ts";
import type { VaultData } from "./objects.ts";

/** The stack that an object inside Vault belongs to, and the app: `berth: stack 0123456789abcdef, app wiki`. */
export function toMark({ stack, postgres }: StackSpec, app?: string): string {
  // Only the script is made for a stack without an identity.
  const id = postgres.stack?.id ?? stack;
  return `berth: stack ${id}${app === undefined ? "" : `, app ${app}`}`;
}

export interface Mark {
  readonly stack: string;
  /** undefined = apps share the object. */
  readonly app: string | undefined;
}

/** undefined = the text has no mark. */
export function parseMark(text: string): Mark | undefined {
  const [, stack, app] = /\bberth: stack ([\w-]+)(?:, app (\S+))?/.exec(text) ?? [];
  return stack === undefined ? undefined : { stack, app };
}

/** Whether a policy or a description has the mark of this stack. */
export function hasMark(text: string, { id, former = [] }: Pick<StackIdentity, "id" | "former">) {
  const found = parseMark(text)?.stack;
  return found !== undefined && [id, ...former].includes(found);
}

/** The mark for an object that has names and values: there it is a value with a name. */
export function toMarkValue(spec: StackSpec, app: string): { readonly berth: string } {
  return { berth: toMark(spec, app).replace(/^berth: /, "") };
}

/** The mark of such an object. */
export function markIn({ berth }: VaultData): string | undefined {
  return typeof berth === "string" ? `berth: ${berth}` : undefined;
}
