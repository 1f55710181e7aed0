import * as onepassword from "@1password/pulumi-onepassword";
import type * as pulumi from "@pulumi/pulumi";
import { isItemId } from "../config/spec/item.ts";
import { messageOf } from "../errors.ts";
import { Item, type ReadItem, toItemReadError } from "./item.ts";

/** The provider's results are not marked as secret, so they leave this module only as an `Item`, which hides them. */
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
    const name = isItemId(ref.item) ? { uuid: ref.item } : { title: ref.item };
    const found = await onepassword
      .getItem({ vault, ...name }, { provider, async: true })
      .catch((error: unknown) => {
        throw toItemReadError(messageOf(error));
      });
    vaultIds.set(ref.vault, found.vault);
    return toItem(found);
  };
}

/**
 * The plugin reads the environment by itself. The SDK would do so as well and hand over what it finds there, token
 * included, which state and verbose logs then show.
 */
const withoutInputs: pulumi.ResourceTransformation = ({ opts }) => ({ props: {}, opts });

/** Outside sections the provider returns only the fields that are properties of its result. */
function toItem(found: onepassword.GetItemResult): Item {
  const { sections = [], username, password, credential, hostname, database, port } = found;
  const notesPlain = found.noteValue;
  const inSections = sections.flatMap(({ label: section, fields }) =>
    (fields ?? []).map(({ label, value }) => ({ label, value, section })),
  );
  const own = { username, password, credential, hostname, database, port, notesPlain };
  const outside = Object.entries<string | undefined>(own).map(([label, value = ""]) => {
    return { label, value, section: "" };
  });
  const files = [...(found.files ?? []), ...sections.flatMap((one) => one.files ?? [])];
  const names = files.map(({ name }) => name);
  return new Item(found.vault, found.uuid, [...outside, ...inSections], { files: names });
}
