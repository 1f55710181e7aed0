import type { ItemRef } from "../config/spec/item.ts";
import { BerthError } from "../errors.ts";
import type { ObjectMetadata } from "./object-metadata.ts";

/** A 1Password item by its ids. Titles are not unique. */
export interface ItemId {
  readonly vaultId: string;
  readonly itemId: string;
  /** Labels of its fields that have a value. */
  readonly labels?: readonly string[];
}

/** Resolves an item of a stack file to its ids. */
export type ItemIds = (ref: ItemRef) => ItemId;

export interface OnePasswordItemArgs extends ObjectMetadata {
  readonly item: ItemId;
  /** Type of the Secret; undefined = Opaque. */
  readonly type?: string | undefined;
  /** Restart the Deployments that use the Secret when the item has changed. @default false */
  readonly autoRestart?: boolean;
}

/**
 * From this the 1Password operator makes a Secret of the same name with one item. It has none of the item's values. The
 * Secret's keys are the item's field labels. Its type cannot be changed later.
 *
 * @see https://github.com/1Password/onepassword-operator/blob/main/USAGEGUIDE.md
 */
export function buildOnePasswordItem(args: OnePasswordItemArgs) {
  const { name, namespace, item, labels } = args;
  const restart = args.autoRestart === true ? { "operator.1password.io/auto-restart": "true" } : {};
  const annotations = { ...args.annotations, ...restart };
  return {
    apiVersion: "onepassword.com/v1",
    kind: "OnePasswordItem",
    metadata: { name, namespace, labels, annotations },
    spec: { itemPath: formatItemPath(item) },
    ...(args.type === undefined ? {} : { type: args.type }),
  };
}

export type OnePasswordItem = ReturnType<typeof buildOnePasswordItem>;

/**
 * `vaults/<vault>/items/<item>`. The API server accepts any text here, and the operator reports a path
 * without exactly these four parts only in its log.
 */
export function formatItemPath(item: ItemId): string {
  for (const [part, id] of Object.entries({ vault: item.vaultId, item: item.itemId })) {
    if (!/^[^/\s]+$/.test(id)) {
      throw new BerthError(`1Password ${part} id ${JSON.stringify(id)} cannot be in an item path`, {
        hint: "use the 26-character id, which has no slash and no space",
      });
    }
  }
  return `vaults/${item.vaultId}/items/${item.itemId}`;
}
