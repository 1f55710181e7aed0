import { byKey, compareText } from "../../sort.ts";
import { type KnownValues, type SecretKey, toSecretKey } from "../keys/template.ts";
import { toPublications, toSchemas } from "../schema/postgres/database.ts";
import { sortSettings } from "../schema/postgres/settings.ts";
import { type Keys, toTemplates } from "../schema/secret-keys.ts";
import type { AppEntry, StackConfig } from "../schema/stack.ts";
import type { ItemRef, PasswordRecipe } from "../spec/item.ts";
import type { PostgresSpec } from "../spec/postgres.ts";
import type { NamedField, SecretSettings, SecretSpec } from "../spec/secrets.ts";
import type { AppSpec, DatabaseSpec, ExtensionSpec, RoleSpec } from "../spec.ts";
import { mergeMetadata, toAppArgoCdSpec } from "./argocd.ts";
import { toCertificate } from "./certificate.ts";
import { toPresetKeys } from "./charts.ts";
import { defaultDelivery } from "./delivery.ts";
import {
  appNamespace,
  groupRoleName,
  loginNames,
  ownerItem,
  roleName,
  scopedItem,
  scopedRoleName,
} from "./names.ts";
import { type May, type ReaderGroups, toMay, toReaderGroups, toReads } from "./readers.ts";
import { toAppVaultSpec, toRestartTarget } from "./vault.ts";
import { toWorkload } from "./workload.ts";

/** Fills in defaults and derives names: values of the stack file → the values that `spec.ts` describes. */

export function toAppSpec(
  stack: string,
  name: string,
  config: StackConfig,
  { service, readers }: Pick<PostgresSpec, "service"> & { readonly readers: ReaderGroups },
): AppSpec {
  const entry = config.apps[name] ?? {};
  const { vault, generate } = config.onepassword;
  const databases = toDatabaseNames(name, entry.database);
  const [database] = databases;
  const values = { ...service, port: String(service.port), database };
  const keys = { values, preset: config.secrets?.keys, ofChart: {} };
  const namespace = entry.namespace ?? appNamespace(name);
  const adopt = entry.adopt ?? false;
  const fromVault = entry.credentials === "vault";
  const hasTwoLogins = entry.owner?.rotation === "two-logins";
  const owner = toRole("owner", asOwner, entry.owner ?? {}, {
    name: hasTwoLogins || fromVault ? groupRoleName(name) : roleName(name),
    logins: fromVault ? [] : hasTwoLogins ? (entry.owner?.logins ?? loginNames(name)) : undefined,
    item: ownerItem(name),
    vault,
    namespace,
    keys: { ...keys, ofChart: toPresetKeys(entry) },
    generate,
  });
  const usual = { logins: undefined, vault, namespace, keys, generate };
  const scoped = Object.entries(entry.roles ?? {}).map(([key, role]) => {
    const memberOf = [...(role.memberOf ?? []), ...toReaderGroups(name, key, role)];
    const given = { ...role, memberOf };
    const names = { name: scopedRoleName(name, key), item: scopedItem(name, key) };
    return {
      ...toRole(key, toMay(role.profile ?? "custom", role), given, { ...usual, ...names }),
      reads: toReads(role),
    };
  });
  const groups = (readers.get(name) ?? []).map((group) => {
    const { key, may, reader } = group;
    const given = { name: group.name, login: "none" } as const;
    return { ...toRole(key, may, given, { ...usual, name: group.name, item: "" }), reader };
  });
  return {
    name,
    provisioner: entry.provisioner ?? config.postgres.provisioner ?? "berth",
    reclaimPolicy: entry.reclaimPolicy ?? "retain",
    adopt,
    delivery: entry.delivery ?? defaultDelivery(config),
    secretsThrough: entry.secretsThrough ?? config.secrets?.through ?? "onepassword-item",
    namespace,
    database: toDatabaseSpec(databases, entry.database, adopt),
    roles: [owner, ...[...scoped, ...groups].toSorted((a, b) => compareText(a.key, b.key))],
    secrets: toSecrets(entry, vault, namespace),
    vault: toAppVaultSpec(name, entry, config, namespace),
    certificate: toCertificate(entry),
    workload: toWorkload(stack, name, entry, config),
    argocd: toAppArgoCdSpec(stack, name, entry, config),
    metadata: mergeMetadata(config.metadata ?? {}, entry.metadata ?? {}),
  };
}

type DatabaseEntry = NonNullable<AppEntry["database"]>;

function toDatabaseNames(app: string, { name, names }: DatabaseEntry = {}): DatabaseSpec["names"] {
  const [first = name ?? roleName(app), ...further] = names ?? [];
  return [first, ...further];
}

function toDatabaseSpec(
  names: DatabaseSpec["names"],
  given: DatabaseEntry = {},
  isAdopted: boolean,
): DatabaseSpec {
  return {
    name: names[0],
    names,
    encoding: given.encoding ?? "UTF8",
    template: given.template,
    collate: given.collate ?? given.locale,
    ctype: given.ctype ?? given.locale,
    icuLocale: given.icuLocale,
    connectionLimit: given.connectionLimit ?? -1,
    revokePublic: given.revokePublic ?? !isAdopted,
    settings: sortSettings(given.settings),
    recreate: given.recreate ?? false,
    ...toSchemas(given.schemas),
    extensions: (given.extensions ?? []).map(toExtension),
    publications: toPublications(given.publications),
    guests: (given.guests ?? []).toSorted(),
  };
}

const asOwner: May = { profile: "owner", privileges: {}, scoped: [], except: [] };

function toExtension(given: NonNullable<DatabaseEntry["extensions"]>[number]): ExtensionSpec {
  if (typeof given === "string") return { name: given, schema: "public" };
  return { ...given, schema: given.schema ?? "public" };
}

type Given = Omit<NonNullable<AppEntry["owner"]>, "login"> & {
  readonly login?: RoleSpec["login"] | undefined;
};

function toRole(
  key: string,
  may: May,
  given: Given,
  derived: Pick<RoleSpec, "name" | "logins" | "namespace"> &
    ItemRef &
    Pick<Given, "generate"> & { readonly keys: KeysOfApp },
): RoleSpec {
  const ref = typeof given.item === "string" ? { title: given.item } : (given.item ?? {});
  const item = ref.title ?? derived.item;
  const name = given.name ?? derived.name;
  const fields = {
    username: ref.username ?? (ref.password === undefined ? "username" : undefined),
    password: ref.password ?? "password",
  };
  return {
    key,
    name,
    logins: derived.logins,
    login: given.login ?? "password",
    ...may,
    item: { vault: ref.vault ?? derived.vault, item },
    fields,
    secretName: given.secret ?? item,
    namespace: given.namespace ?? derived.namespace,
    keys: toKeys(given.keys, derived.keys, { name, fields }),
    settings: toSettings(given),
    connectionLimit: given.connectionLimit ?? -1,
    reads: [],
    reader: undefined,
    memberOf: (given.memberOf ?? []).toSorted(),
    replication: given.replication === true ? true : undefined,
    searchPath: given.searchPath ?? [],
    parameters: sortSettings(given.settings),
    scram: given.scram,
    generate: toRecipe(given.generate, derived.generate),
    restart: (given.restart ?? []).map(toRestartTarget),
    autoRestart: given.autoRestart ?? false,
  };
}

function toRecipe(given: Given["generate"], preset: Given["generate"]): PasswordRecipe {
  return {
    length: given?.length ?? preset?.length ?? 32,
    alphabet: given?.alphabet ?? preset?.alphabet ?? "letters-digits",
  };
}

/** What the keys of an app's Secrets are made from. */
interface KeysOfApp {
  readonly values: KnownValues;
  /** For a role without keys of its own. */
  readonly preset: Keys | undefined;
  /** Those that the values of a chart name. */
  readonly ofChart: Readonly<Record<string, string>>;
}

/** Without `username` and `password` where each Secret has them anyway. */
function toKeys(
  given: Keys | undefined,
  { values, preset, ofChart }: KeysOfApp,
  { name: user, fields }: Pick<RoleSpec, "name" | "fields">,
): readonly SecretKey[] {
  const known = fields.username === undefined ? { ...values, user } : values;
  return Object.entries({ ...ofChart, ...toTemplates(given ?? preset ?? []) })
    .filter(([key]) => !(key === "username" || key === "password") || fields[key] !== key)
    .toSorted(byKey)
    .map(([key, template]) => toSecretKey(key, template, known));
}

function toSettings(given: Partial<SecretSettings>): SecretSettings {
  const { type, refreshInterval, creationPolicy, deletionPolicy } = given;
  return { type, refreshInterval, creationPolicy, deletionPolicy };
}

type SecretEntry = Exclude<NonNullable<AppEntry["secrets"]>[string], unknown[]>;

function toSecrets(entry: AppEntry, vault: string, namespace: string): SecretSpec[] {
  return Object.entries(entry.secrets ?? {})
    .toSorted(byKey)
    .flatMap(([name, given]) => {
      const secret: SecretEntry = Array.isArray(given) ? { fields: given } : given;
      if (secret.from === "vault") return [];
      const ref = typeof secret.item === "string" ? { title: secret.item } : (secret.item ?? {});
      const item: ItemRef = { vault: ref.vault ?? vault, item: ref.title ?? name };
      return [
        {
          name,
          item,
          namespace: secret.namespace ?? namespace,
          fields: secret.fields ?? [],
          files: secret.files ?? [],
          keys: Object.entries(secret.keys ?? {}).map(([key, source]) =>
            toNamed(key, source, item),
          ),
          find:
            secret.find === undefined
              ? undefined
              : { pattern: secret.find, rewrite: secret.rewrite ?? [] },
          settings: toSettings(secret),
        },
      ];
    });
}

function toNamed(
  key: string,
  source: NonNullable<SecretEntry["keys"]>[string],
  item: ItemRef,
): NamedField {
  if (typeof source === "string") return { key, item, field: source };
  const other = { vault: source.vault ?? item.vault, item: source.item ?? item.item };
  const { field = "", file } = source;
  return file === undefined
    ? { key, item: other, field }
    : { key, item: other, field: file, isFile: true };
}
