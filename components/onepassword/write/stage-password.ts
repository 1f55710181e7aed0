import { ItemReadError } from "../item.ts";
import { type ItemContent, onlyField, ownSection, setLogin, setOwnField } from "./edit-login.ts";

/**
 * The two edits of an item whose password is changed on the server in between, so that at no moment the only copy of
 * a password is in this process. Pure.
 */

/** The field with a password that the server may not have yet. */
export const nextPassword = "next password";

/** Puts the next password beside the one in use. Throws before it changes anything if the second edit would fail. */
export function stagePassword(
  item: ItemContent,
  { password, next }: { readonly password: string; readonly next: string },
): void {
  requirePassword(item, password);
  setLogin(withoutNext(structuredClone(item)), { password: next });
  setOwnField(item, { name: nextPassword, value: next, isSecret: true });
}

/** The next password becomes the one in use, in all fields that repeat it. */
export function takeNextPassword(
  item: ItemContent,
  { password, next }: { readonly password: string; readonly next: string },
): void {
  requirePassword(item, password);
  withoutNext(item);
  setLogin(item, { password: next });
}

function requirePassword(item: ItemContent, password: string): void {
  if (onlyField(item.fields ?? [], "password").value === password) return;
  throw new ItemReadError("unknown", "somebody else has changed its password in the meantime");
}

function withoutNext(item: ItemContent): ItemContent {
  item.fields = (item.fields ?? []).filter(
    ({ label, section }) => label !== nextPassword || section?.id !== ownSection.id,
  );
  return item;
}
