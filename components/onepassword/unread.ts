import { toShellWord } from "../command-line.ts";
import type { Problem } from "../errors.ts";
import { type ItemReadError, type ItemReadFailure, itemPath } from "./item.ts";
import { assignment, type ItemRequest, listSome } from "./item-request.ts";

/** An item that could not be read, with all that want it. */
export interface UnreadItem {
  readonly error: ItemReadError;
  readonly wanted: readonly ItemRequest[];
}

const itemFailures: ReadonlySet<ItemReadFailure> = new Set([
  "missing item",
  "several items",
  "unknown",
] as const);

/** What fails for one vault, or for 1Password, fails for each of the items there: one cause, one problem. */
export function causeOf({ error: { failure }, wanted: [first] }: UnreadItem): string {
  if (failure === "unauthorized" || first === undefined) return failure;
  return itemFailures.has(failure) ? itemPath(first.ref) : `${failure} ${first.ref.vault}`;
}

export function describeUnread({ error, wanted }: UnreadItem): Problem {
  const { failure, guess, message } = error;
  const [first] = wanted;
  if (first === undefined) return { what: message };
  const { vault, item } = first.ref;
  const who = listSome([...new Set(wanted.map(({ wantedBy }) => wantedBy))]);
  const at = `${who}: vault "${vault}"${itemFailures.has(failure) ? `, item "${item}"` : ""}`;
  const whatFor: Readonly<Record<ItemReadFailure, string>> = {
    "missing item": `there is no such item${guess}`,
    "missing vault": `there is no such vault, or the token may not see it (${message})`,
    "several vaults": "several vaults have this title",
    "several items": "several items have this title, and the operator would use the oldest",
    unauthorized: `1Password refused the token (${message})`,
    "rate limited": "1Password answered 429 (too many requests), also after several retries",
    "server error": `1Password failed, also after several retries (${message})`,
    unreachable: `cannot reach 1Password (${message})`,
    unknown: message,
  };
  const make = [
    ...new Set(wanted.flatMap((one) => one.makeCommand ?? [])),
    createCommand(first, wanted),
  ];
  const fixFor: Readonly<Record<ItemReadFailure, string | undefined>> = {
    "missing item": make.join(", or "),
    "missing vault":
      "correct berth:onepassword.vault, or give the token access; op vault list shows what there is",
    "several vaults": "op vault list, then name the vault by its id in berth:onepassword.vault",
    "several items": `op item list --vault ${toShellWord(vault)}, then name the item by its id`,
    unauthorized: `export a valid OP_CONNECT_TOKEN (op connect token create ‹name› --server ‹server› --vault ${toShellWord(vault)}) or OP_SERVICE_ACCOUNT_TOKEN with access to the vault`,
    "rate limited": "wait for the limit to end (op service-account ratelimit), then run again",
    "server error": "read the log of the Connect server, then run again",
    unreachable: 'check the address and the network; curl "$OP_CONNECT_HOST/heartbeat" must answer',
    unknown: undefined,
  };
  return { what: `${at}: ${whatFor[failure]}`, fix: fixFor[failure] };
}

function createCommand(first: ItemRequest, wanted: readonly ItemRequest[]): string {
  const { ref } = first;
  const fields = [...new Set(wanted.flatMap((request) => request.fields))];
  const parts = [
    `op item create --category login --vault ${toShellWord(ref.vault)} --title ${toShellWord(ref.item)}`,
    ...(fields.includes("password") ? [assignment("password", first)] : []),
    ...fields
      .filter((field) => field !== "password")
      .map((field) => assignment(field, wanted.find((r) => r.username !== undefined) ?? first)),
  ];
  return parts.join(" ");
}
