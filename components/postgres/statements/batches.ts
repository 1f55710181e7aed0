import type { Action } from "./actions.ts";

/**
 * Objects that one transaction may change. GRANT and REVOKE lock each object until the transaction ends, and
 * the server has one table of locks for everybody: `max_locks_per_transaction` (64) for each connection.
 *
 * @see https://www.postgresql.org/docs/current/runtime-config-locks.html
 */
const objectsAtOnce = 2_000;

/** Actions in their order, in as few transactions as the server's table of locks allows. */
export function toTransactions(actions: readonly Action[]): readonly (readonly Action[])[] {
  const transactions: Action[][] = [];
  let free = 0;
  for (const action of actions.flatMap(toParts)) {
    const count = countObjects(action);
    if (transactions.length === 0 || count > free) {
      transactions.push([]);
      free = objectsAtOnce;
    }
    transactions.at(-1)?.push(action);
    free -= count;
  }
  return transactions;
}

/** A change of many objects, as changes of some of them each. */
function toParts(action: Action): readonly Action[] {
  if ((action.kind !== "grant" && action.kind !== "revoke") || !("objects" in action.on)) {
    return [action];
  }
  const { on } = action;
  const parts = Math.ceil(on.objects.length / objectsAtOnce);
  return Array.from({ length: parts }, (_, part) => {
    const objects = on.objects.slice(part * objectsAtOnce, (part + 1) * objectsAtOnce);
    return { ...action, on: { ...on, objects } };
  });
}

function countObjects(action: Action): number {
  return "on" in action && "objects" in action.on ? action.on.objects.length : 0;
}
