import * as onepassword from "@1password/pulumi-onepassword";
import type * as pulumi from "@pulumi/pulumi";
import type { ItemRef } from "../config/spec/item.ts";
import { Item, isItemId, type ReadItem, toItemReadError } from "./item.ts";

/**
 * Reads items inside the engine, through `@1password/pulumi-onepassword`. Its results are not marked as
 * secret, so they leave this module only as an `Item`, which hides them.
 */
export function readThroughProvider(): ReadItem {
  const provider = new onepassword.Provider(
    "onepassword",
    {},
    { transformations: [withoutInputs] },
  );
  // A vault by name costs a request each time, so its id is kept.
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

/** Outside sections the provider returns only the fields that are properties of its result. */
function toItem(found: onepassword.GetItemResult): Item {
  const inSections = (found.sections ?? []).flatMap(({ label: section, fields }) =>
    (fields ?? []).map(({ label, value }) => ({ label, value, section })),
  );
  const own: readonly (readonly [string, string | undefined])[] = [
    ["username", found.username],
    ["password", found.password],
    ["credential", found.credential],
    ["hostname", found.hostname],
    ["database", found.database],
    ["port", found.port],
    ["notesPlain", found.noteValue],
  ];
  const outside = own.map(([label, value = ""]) => ({ label, value, section: "" }));
  const sections = found.sections ?? [];
  const files = [...(found.files ?? []), ...sections.flatMap((one) => one.files ?? [])];
  const names = files.map(({ name }) => name);
  return new Item(found.vault, found.uuid, [...outside, ...inSections], { files: names });
}
