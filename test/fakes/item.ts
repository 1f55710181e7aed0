import { Item } from "../../components/onepassword/item.ts";

/** An item whose fields are outside of sections. */
export function itemWith(
  fields: Readonly<Record<string, string>>,
  { vaultId = "vault-id", itemId = "item-id" } = {},
): Item {
  const entries = Object.entries(fields);
  return new Item(
    vaultId,
    itemId,
    entries.map(([label, value]) => ({ label, value, section: "" })),
  );
}
