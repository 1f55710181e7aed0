import type { OnePasswordAccess } from "../../components/config/environment.ts";
import { keysInItem } from "../../components/config/login-keys.ts";
import type { ItemRef } from "../../components/config/spec/item.ts";
import type { AppSpec, RoleSpec, StackSpec } from "../../components/config/spec.ts";
import { BerthError, toOneError } from "../../components/errors.ts";
import { ItemReadError } from "../../components/onepassword/item.ts";
import {
  describeMissing,
  type ItemRequest,
  type MissingItem,
} from "../../components/onepassword/item-request.ts";
import { inspectItems, readItems } from "../../components/onepassword/read-items.ts";
import {
  planItemRequests,
  readAdmin,
  refuseReservedAdmin,
} from "../../components/onepassword/stack-items.ts";
import { readThroughClient } from "../../components/onepassword/through-client.ts";
import { createThroughClient } from "../../components/onepassword/write/create-login.ts";
import { makePassword } from "../../components/onepassword/write/password.ts";

/** An item of one of the app's logins. */
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
  const toMake = missing.filter(({ wanted }) => wanted.some(isMakeable));
  const others = missing.filter(({ wanted }) => !wanted.some(isMakeable));
  const all = [...problems, ...others.map(describeMissing)];
  if (all.length > 0) throw toOneError(`app ${app.name}: 1Password`, all.toSorted());
  refuseReservedAdmin(alone, readAdmin(alone, items));
  const found = requests.filter(isLogin).map((request) => toLoginItem(app, request, toMake));
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

type LoginRequest = ItemRequest & { readonly username: string };

function isLogin(request: ItemRequest): request is LoginRequest {
  return request.username !== undefined;
}

function isMakeable({ makeCommand }: ItemRequest): boolean {
  return makeCommand !== undefined;
}

function toLoginItem(
  app: AppSpec,
  { ref, username }: LoginRequest,
  toMake: readonly MissingItem[],
): LoginItem {
  const isMissing = toMake.some(({ wanted }) => wanted.some((one) => isSame(one.ref, ref)));
  const role = roleOf(app, ref).key;
  return { ...ref, role, username, state: isMissing ? "made" : "there" };
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
