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

/** Custom resource from which the 1Password operator makes a Secret of the same name. */
export interface OnePasswordItem {
  readonly apiVersion: "onepassword.com/v1";
  readonly kind: "OnePasswordItem";
  readonly metadata: ObjectMetadata;
  readonly spec: { readonly itemPath: string };
  /** Type of the Secret; undefined = Opaque. */
  readonly type?: string;
}

/** What {@link buildOnePasswordItem} needs. */
export interface OnePasswordItemArgs {
  /** Name of the object and of its Secret. */
  readonly name: string;
  readonly namespace: string;
  readonly item: ItemId;
  readonly type?: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** Restart the Deployments that use the Secret when the item has changed. @default false */
  readonly autoRestart?: boolean;
}

/**
 * Manifest that copies one item into a namespace. It names the item and has none of its values. The
 * Secret's keys are the item's field labels. Its type cannot be changed later.
 *
 * @see https://github.com/1Password/onepassword-operator/blob/main/USAGEGUIDE.md
 */
export function buildOnePasswordItem(args: OnePasswordItemArgs): OnePasswordItem {
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
