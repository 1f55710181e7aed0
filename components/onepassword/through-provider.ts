import * as onepassword from "@1password/pulumi-onepassword";
import type * as pulumi from "@pulumi/pulumi";
import type { ItemRef } from "../config/spec.ts";
import { Item, isItemId, type ReadItem, toItemReadError } from "./item.ts";

/**
 * Reading inside the engine, through `@1password/pulumi-onepassword`. Its results are not marked
 * secret, so they never leave this module but as an `Item`, which hides them.
 */
export function readThroughProvider(): ReadItem {
  const provider = new onepassword.Provider(
    "onepassword",
    {},
    { transformations: [withoutInputs] },
  );
  // A vault's name costs a request of its own, each time.
  const vaultIds = new Map<string, string>();
  return async (ref) => {
    const vault = vaultIds.get(ref.vault) ?? ref.vault;
    const found = await onepassword
      .getItem({ vault, ...nameOf(ref) }, { provider, async: true })
      .catch((error: unknown) => {
        throw toItemReadError(error instanceof Error ? error.message : String(error));
      });
    vaultIds.set(ref.vault, found.vault);
    return toItem(found);
  };
}

function nameOf(ref: ItemRef): { uuid: string } | { title: string } {
  return isItemId(ref.item) ? { uuid: ref.item } : { title: ref.item };
}

/**
 * The plugin reads the environment by itself. The SDK would do so as well and hand over what it finds there, token
 * included, which state and verbose logs then show.
 */
const withoutInputs: pulumi.ResourceTransformation = ({ opts }) => ({ props: {}, opts });

/** Of fields outside a section the provider shows only those with a place of their own. */
function toItem(found: onepassword.GetItemResult): Item {
  const fields = new Map<string, string>();
  for (const section of found.sections ?? []) {
    for (const field of section.fields ?? []) fields.set(field.label, field.value);
  }
  const own: readonly (readonly [string, string | undefined])[] = [
    ["username", found.username],
    ["password", found.password],
    ["credential", found.credential],
    ["hostname", found.hostname],
    ["database", found.database],
    ["port", found.port],
    ["notesPlain", found.noteValue],
  ];
  for (const [label, value] of own)
    if (value !== undefined && value !== "") fields.set(label, value);
  return new Item(found.vault, found.uuid, fields);
}
