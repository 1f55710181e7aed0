import { toKeyName } from "../config/keys/name.ts";
import { loginKeys, toGoTemplates } from "../config/keys/render.ts";
import type { SecretKey } from "../config/keys/template.ts";
import type { FindSpec, NamedField, SecretSettings, StoreSpec } from "../config/spec/secrets.ts";
import { BerthError } from "../errors.ts";
import type { ObjectMetadata } from "./object-metadata.ts";

type Rewrite = FindSpec["rewrite"][number];

type StoreRef = Pick<StoreSpec, "kind" | "name">;

/** A key, and the field of an item that it comes from. */
interface NamedRef extends Omit<NamedField, "item"> {
  /** Title of the item. */
  readonly title: string;
  /** undefined = the Secret's own. */
  readonly store?: StoreRef | undefined;
}

export interface ExternalSecretArgs extends ObjectMetadata {
  /** Title of the 1Password item. Before External Secrets 2.9 its provider finds no item by id. */
  readonly title: string;
  /** Labels of the fields to copy; empty = all fields, if nothing else says which. */
  readonly fields: readonly string[];
  /** Keys with names of their own, each from a field of an item. */
  readonly named?: readonly NamedRef[];
  readonly find?: FindSpec | undefined;
  readonly settings?: Partial<SecretSettings>;
  /** Keys made from the fields. Then the Secret has them and, of the fields, those of a login. */
  readonly keys?: readonly SecretKey[];
  readonly store: StoreRef;
  /** As Go prints a duration: `1h0m0s`. */
  readonly refreshInterval: string;
}

/**
 * From this External Secrets makes a Secret of the same name with an item's fields.
 *
 * The API server's defaults are written out, because Argo CD shows a default inside a list as a change in
 * every sync. The template keeps this object's annotations, such as Argo CD's tracking id, off the Secret.
 *
 * @see https://external-secrets.io/latest/api/externalsecret/
 * @see https://external-secrets.io/latest/provider/1password-automation/
 */
export function buildExternalSecret(args: ExternalSecretArgs) {
  const { name, namespace, keys = [], settings = {}, labels, annotations } = args;
  return {
    apiVersion: "external-secrets.io/v1",
    kind: "ExternalSecret",
    metadata: { name, namespace, labels, annotations },
    spec: {
      refreshInterval: settings.refreshInterval ?? args.refreshInterval,
      secretStoreRef: args.store,
      target: {
        name,
        creationPolicy: settings.creationPolicy ?? "Owner",
        deletionPolicy: settings.deletionPolicy ?? "Retain",
        template: {
          ...(settings.type === undefined ? {} : { type: settings.type }),
          engineVersion: "v2",
          mergePolicy: "Replace",
          metadata: { labels },
          ...(keys.length === 0 ? {} : { data: toTemplateData(keys) }),
        },
      },
      ...toSources(args),
    },
  };
}

/** As `toKeyName` says. Without a rewrite External Secrets would put `_` for each other character. */
const asOperatorNames: readonly Rewrite[] = [
  { source: "^[^-._a-zA-Z0-9]+|[^-._a-zA-Z0-9]+$", target: "" },
  { source: "[^-._a-zA-Z0-9]+", target: "-" },
];

const strategies = { conversionStrategy: "Default", decodingStrategy: "None" } as const;

function toSources({ name, namespace, title, fields, named = [], find }: ExternalSecretArgs) {
  const ref = { key: title, ...strategies, metadataPolicy: "None" };
  const copied = toKeys(`Secret ${namespace}/${name}`, fields);
  const data = [
    ...copied.map(([secretKey, label]) => ({
      secretKey,
      remoteRef: { ...ref, property: toProperty(label) },
    })),
    ...named.map(({ key, title: other, field, isFile, store }) => ({
      secretKey: key,
      remoteRef: {
        ...ref,
        key: other,
        property: isFile === true ? `file/${field}` : toProperty(field),
      },
      ...(store === undefined ? {} : { sourceRef: { storeRef: store } }),
    })),
  ];
  const rewrite = [...(find?.rewrite ?? []), ...asOperatorNames].map((regexp) => ({ regexp }));
  const found = find && {
    find: { path: title, name: { regexp: find.pattern }, ...strategies },
    rewrite,
  };
  return {
    ...(data.length === 0 ? {} : { data }),
    ...(found === undefined ? {} : { dataFrom: [found] }),
    ...(data.length === 0 && found === undefined ? { dataFrom: [{ extract: ref, rewrite }] } : {}),
  };
}

/** Label of the field, or `file/` and the name of an attached file; a label that begins so itself gets a prefix. */
function toProperty(label: string): string {
  return /^(field|file)\//.test(label) ? `field/${label}` : label;
}

/** What the template names is all that the Secret gets, so the login's own fields are in it as well. */
function toTemplateData(keys: readonly SecretKey[]): Readonly<Record<string, string>> {
  return toGoTemplates([...loginKeys, ...keys], (field) => `.${field}`);
}

/** Pairs of a Secret's key and the label it comes from; the same keys as the 1Password operator makes. */
function toKeys(at: string, labels: readonly string[]): readonly (readonly [string, string])[] {
  const keys = new Map<string, string>();
  for (const label of new Set(labels)) {
    const key = toKeyName(label);
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
