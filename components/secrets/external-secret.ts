import { loginKeys, toGoTemplates } from "../config/keys/render.ts";
import type { SecretKey } from "../config/keys/template.ts";
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
        readonly data?: Readonly<Record<string, string>>;
      };
    };
    readonly data?: readonly { readonly secretKey: string; readonly remoteRef: RemoteRef }[];
    readonly dataFrom?: readonly { readonly extract: RemoteRef }[];
  };
}

/** The store that External Secrets reads from. */
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
  /** Name of the object and of its Secret. */
  readonly name: string;
  readonly namespace: string;
  /** Title of the 1Password item. Before External Secrets 2.9 its provider finds no item by id. */
  readonly title: string;
  /** Labels of the fields to copy; empty = all fields. */
  readonly fields: readonly string[];
  /** Keys made from the fields. Then the Secret has them and, of the fields, those of a login. */
  readonly keys?: readonly SecretKey[];
  readonly store: StoreRef;
  /** As Go prints a duration: `1h0m0s`. */
  readonly refreshInterval: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/**
 * Manifest that copies an item's fields into a namespace through External Secrets.
 *
 * The API server's defaults are written out, because Argo CD shows a default inside a list as a change in
 * every sync. The template keeps this object's annotations, such as Argo CD's tracking id, off the Secret.
 *
 * @see https://external-secrets.io/latest/api/externalsecret/
 * @see https://external-secrets.io/latest/provider/1password-automation/
 */
export function buildExternalSecret(args: ExternalSecretArgs): ExternalSecret {
  const { name, namespace, title, fields, keys = [], labels, annotations } = args;
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
        template: {
          ...{ engineVersion: "v2", mergePolicy: "Replace", metadata: { labels } },
          ...(keys.length === 0 ? {} : { data: toTemplateData(keys) }),
        },
      },
      ...values,
    },
  };
}

/** What the template names is all that the Secret gets, so the login's own fields are in it as well. */
function toTemplateData(keys: readonly SecretKey[]): Readonly<Record<string, string>> {
  return toGoTemplates([...loginKeys, ...keys], (field) => `.${field}`);
}

/**
 * Pairs of a Secret's key and the label it comes from. The 1Password operator makes the same keys, so an
 * app can change from one to the other.
 */
function toKeys(at: string, labels: readonly string[]): readonly (readonly [string, string])[] {
  const keys = new Map<string, string>();
  for (const label of new Set(labels)) {
    const key = label
      .replace(/^[^-._a-zA-Z0-9]+|[^-._a-zA-Z0-9]+$/g, "")
      .replace(/[^-._a-zA-Z0-9]+/g, "-");
    const other = keys.get(key);
    if (key === "" || other !== undefined) {
      const why =
        key === ""
          ? "has no character that a Secret's key may have"
          : `would have the same key in the Secret as "${other ?? ""}"`;
      throw new BerthError(`${at}: the field "${label}" ${why}`, {
        hint: "relabel the field in 1Password; a key keeps letters, digits, - _ and .",
      });
    }
    keys.set(key, label);
  }
  return [...keys];
}
