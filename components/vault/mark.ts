import type { StackIdentity } from "../config/spec/postgres.ts";
import type { StackSpec } from "../config/spec.ts";

/** The stack that an object inside Vault belongs to, and the app: `berth: stack 0123456789abcdef, app wiki`. */
export function toMark({ stack, postgres }: StackSpec, app?: string): string {
  // Only the script is made for a stack without an identity.
  const id = postgres.stack?.id ?? stack;
  return `berth: stack ${id}${app === undefined ? "" : `, app ${app}`}`;
}

/** Whether a policy or a description has the mark of this stack. */
export function hasMark(text: string, { id, former = [] }: StackIdentity): boolean {
  const found = /\bberth: stack ([\w-]+)/.exec(text)?.[1];
  return found !== undefined && [id, ...former].includes(found);
}
