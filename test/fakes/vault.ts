import { type Item, makeId } from "../../dev/connect/vault-data.ts";

/** The item with these files, by their names. No client can attach one through Connect. */
export function attach(item: Item, files: Readonly<Record<string, Buffer>>): Item {
  return {
    ...item,
    files: Object.entries(files).map(([name, bytes]) => ({
      id: makeId(),
      name,
      size: bytes.length,
      content: bytes.toString("base64"),
    })),
  };
}
