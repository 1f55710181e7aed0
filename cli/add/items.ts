import type { OnePasswordAccess } from "../../components/config/environment.ts";
import { keysInItem } from "../../components/config/login-keys.ts";
import type { ItemRef } from "../../components/config/spec/item.ts";
import type { AppSpec, RoleSpec, StackSpec } from "../../components/config/spec.ts";
import { BerthError } from "../../components/errors.ts";
import { ItemReadError } from "../../components/onepassword/item.ts";
import { inspectItems, readItems, refuseItems } from "../../components/onepassword/read-items.ts";
import {
  planItemRequests,
  readAdmin,
  refuseReservedAdmin,
} from "../../components/onepassword/stack-items.ts";
import { readThroughClient } from "../../components/onepassword/through-client.ts";
import type { UnreadItem } from "../../components/onepassword/unread.ts";
import { createThroughClient } from "../../components/onepassword/write/create-login.ts";
import { makePassword } from "../../components/onepassword/write/password.ts";

export interface LoginItem extends ItemRef {
  /** Key of the role in the entry. */
  readonly role: string;
  readonly username: string;
  readonly state: "made" | "there";
}

/**
 * Makes the items of the app's logins that do not exist, and checks all the others first. With anything wrong
 * it makes none. If it is interrupted, those that were made are found by the next run.
 */
export async function makeItems(
  spec: StackSpec,
  app: AppSpec,
  access: OnePasswordAccess,
): Promise<readonly LoginItem[]> {
  const alone = { ...spec, apps: [app] };
  const requests = planItemRequests(alone);
  const { items, missing, problems } = await inspectItems(requests, readThroughClient(access));
  const toMake = missing.filter(isMakeable);
  const others = missing.filter((item) => !isMakeable(item));
  refuseItems(`app ${app.name}: 1Password`, problems, others);
  refuseReservedAdmin(alone, readAdmin(alone, items));
  const found = requests.flatMap(({ ref, username }): LoginItem[] => {
    if (username === undefined) return [];
    const isMissing = toMake.some(({ wanted }) => wanted.some((one) => isSame(one.ref, ref)));
    return [{ ...ref, role: roleOf(app, ref).key, username, state: isMissing ? "made" : "there" }];
  });
  const create = createThroughClient(access);
  const made: string[] = [];
  for (const item of found.filter(({ state }) => state === "made")) {
    const role = roleOf(app, item);
    const password = makePassword(role.generate);
    try {
      const { username } = item;
      await create(item, { username, password, role, keys: keysInItem(app, role) });
    } catch (error) {
      throw explain(error, app, item, made);
    }
    made.push(item.item);
  }
  // Two runs at the same time may both have made an item, and 1Password allows that.
  if (made.length > 0) await readItems(requests, readThroughClient(access));
  return found;
}

function isMakeable({ wanted }: UnreadItem): boolean {
  return wanted.some(({ makeCommand }) => makeCommand !== undefined);
}

function roleOf(app: AppSpec, ref: ItemRef): RoleSpec {
  return app.roles.find(({ item }) => isSame(item, ref)) ?? app.roles[0];
}

function isSame(one: ItemRef, other: ItemRef): boolean {
  return one.vault === other.vault && one.item === other.item;
}

function explain(
  error: unknown,
  app: AppSpec,
  { vault, item }: ItemRef,
  made: readonly string[],
): unknown {
  if (!(error instanceof ItemReadError)) return error;
  const isRefused = error.failure === "unauthorized";
  const so = made.length === 0 ? "nothing was changed" : `made so far: ${made.join(", ")}`;
  // An answer that was lost says nothing about the item.
  const what = isRefused ? "could not be made" : "was perhaps not made";
  const rest = isRefused || made.length > 0 ? `${so}, and the stack file` : "the stack file";
  const before = isRefused ? "give the token write access to the vault" : "see above";
  return new BerthError(
    `app ${app.name}: vault "${vault}", item "${item}" ${what}: ${error.message}; ${rest} is as it was`,
    { cause: error, hint: `${before}, then run the same command again: it goes on from here` },
  );
}
