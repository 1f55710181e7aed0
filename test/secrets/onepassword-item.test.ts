import { describe, expect, it } from "vitest";
import { buildOnePasswordItem, formatItemPath } from "../../components/secrets/onepassword-item.ts";

describe("a OnePasswordItem", () => {
  it("names the item by its ids and holds nothing else of it", () => {
    expect(
      buildOnePasswordItem({
        name: "netbox-db-credentials",
        namespace: "infra-netbox",
        item: { vaultId: "v1", itemId: "i1" },
        labels: { a: "b" },
        annotations: { c: "d" },
      }),
    ).toEqual({
      apiVersion: "onepassword.com/v1",
      kind: "OnePasswordItem",
      metadata: {
        name: "netbox-db-credentials",
        namespace: "infra-netbox",
        labels: { a: "b" },
        annotations: { c: "d" },
      },
      spec: { itemPath: "vaults/v1/items/i1" },
    });
  });

  it.each([
    ["vault", "a/b", "i"],
    ["vault", "", "i"],
    ["item", "v", "a/b"],
    ["item", "v", " "],
  ])("fails on a %s id that would break the path", (part, vaultId, itemId) => {
    expect(() => formatItemPath({ vaultId, itemId })).toThrow(`1Password ${part} id`);
  });
});
