import { BerthError } from "../errors.ts";
import type { ObjectMetadata } from "./object-metadata.ts";

/** Custom resource from which External Secrets makes a Secret of the same name. */
export interface ExternalSecret {
  readonly apiVersion: "external-secrets.io/v1";
  readonly kind: "ExternalSecret";
  readonly metadata: ObjectMetadata;
  readonly spec: {
    readonly refreshInterval: string;
    readonly secretStoreRef: StoreRef;
    readonly target: {
      readonly name: string;
      readonly creationPolicy: "Owner";
      readonly deletionPolicy: "Retain";
      readonly template: {
        readonly engineVersion: "v2";
        readonly mergePolicy: "Replace";
        readonly metadata: { readonly labels: Readonly<Record<string, string>> };
      };
    };
    readonly data?: readonly { readonly secretKey: string; readonly remoteRef: RemoteRef }[];
    readonly dataFrom?: readonly { readonly extract: RemoteRef }[];
  };
}

/** The store that values come from. */
export interface StoreRef {
  readonly kind: "ClusterSecretStore" | "SecretStore";
  readonly name: string;
}

interface RemoteRef {
  /** Title of the item. */
  readonly key: string;
  /** Label of the field. */
  readonly property?: string;
  readonly conversionStrategy: "Default";
  readonly decodingStrategy: "None";
  readonly metadataPolicy: "None";
}

/** What {@link buildExternalSecret} needs. */
export interface ExternalSecretArgs {
  /** Name of the Secret, too. */
  readonly name: string;
  readonly namespace: string;
  /** Title of the 1Password item: its Connect provider finds none by id before release 2.9. */
  readonly title: string;
  /** Labels of the fields to bring; none = all of the item. */
  readonly fields: readonly string[];
  readonly store: StoreRef;
  /** As Go prints a duration: `1h0m0s`. */
  readonly refreshInterval: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/**
 * Manifest that brings an item's fields to one namespace through External Secrets.
 *
 * What the API server would add by default is written out, since Argo CD takes a default inside a list
 * for a change that never ends. The template keeps this object's annotations, Argo CD's tracking among
 * them, off the Secret.
 *
 * @see https://external-secrets.io/latest/api/externalsecret/
 * @see https://external-secrets.io/latest/provider/1password-automation/
 */
export function buildExternalSecret(args: ExternalSecretArgs): ExternalSecret {
  const { name, namespace, title, fields, labels, annotations } = args;
  const ref: RemoteRef = {
    key: title,
    conversionStrategy: "Default",
    decodingStrategy: "None",
    metadataPolicy: "None",
  };
  const values =
    fields.length === 0
      ? { dataFrom: [{ extract: ref }] }
      : {
          data: toKeys(`Secret ${namespace}/${name}`, fields).map(([secretKey, property]) => ({
            secretKey,
            remoteRef: { ...ref, property },
          })),
        };
  return {
    apiVersion: "external-secrets.io/v1",
    kind: "ExternalSecret",
    metadata: { name, namespace, labels, annotations },
    spec: {
      refreshInterval: args.refreshInterval,
      secretStoreRef: args.store,
      target: {
        name,
        creationPolicy: "Owner",
        deletionPolicy: "Retain",
        template: { engineVersion: "v2", mergePolicy: "Replace", metadata: { labels } },
      },
      ...values,
    },
  };
}

/**
 * A Secret's keys, each with the label it is made of: the keys that the 1Password operator makes, so
 * that a Secret keeps them whichever of the two brings it.
 */
function toKeys(at: string, labels: readonly string[]): readonly (readonly [string, string])[] {
  const keys = new Map<string, string>();
  for (const label of new Set(labels)) {
    const key = label
      .replace(/^[^-._a-zA-Z0-9]+|[^-._a-zA-Z0-9]+$/g, "")
      .replace(/[^-._a-zA-Z0-9]+/g, "-");
    const other = keys.get(key);
    if (key === "" || other !== undefined) {
      const why = key === "" ? "makes no key" : `makes the same key as "${other ?? ""}"`;
      throw new BerthError(`${at}: the field "${label}" ${why} of a Secret`, {
        hint: "relabel the field in 1Password; letters, digits, - _ and . stay as they are",
      });
    }
    keys.set(key, label);
  }
  return [...keys];
}
