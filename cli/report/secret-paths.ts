import { databaseCredentials } from "../../components/config/derive/names.ts";
import { describeItem } from "../../components/config/spec/item.ts";
import type { VaultSpec } from "../../components/config/spec/secrets.ts";
import type { AppVaultSpec, VaultSecretSpec } from "../../components/config/spec/vault.ts";
import type { AppSpec, StackSpec } from "../../components/config/spec.ts";
import { compareText, sortUnique } from "../../components/sort.ts";
import { whenGiven } from "../../components/when.ts";

/** A path in Vault that has something secret: who writes it, and who reads it. */
export interface SecretPath {
  readonly path: string;
  /** Engine; undefined = it is not of this stack. */
  readonly engine: "KV v2" | "database" | "transit" | undefined;
  readonly keys: readonly string[];
  /** There may be more keys; nobody has read them. */
  readonly hasMore: boolean;
  readonly producer: string;
  readonly consumers: readonly string[];
}

/** The paths that a stack, or some of its apps, use in Vault, from the stack file alone. */
export function listSecretPaths(
  spec: StackSpec,
  selected: readonly AppSpec[],
): readonly SecretPath[] {
  const { vault } = spec.secrets;
  if (vault === undefined) return [];
  const ofApps = selected.flatMap((app) =>
    app.vault === undefined ? [] : listAppPaths(app, app.vault, vault),
  );
  const isWhole = selected.length === spec.apps.length;
  return mergePaths([...ofApps, ...(isWhole ? listSharedPaths(vault) : [])]);
}

function listAppPaths(app: AppSpec, ofApp: AppVaultSpec, vault: VaultSpec): SecretPath[] {
  const { login, secrets, ci } = ofApp;
  const pipeline =
    ci === undefined || vault.inside.ci === undefined
      ? undefined
      : `pipeline of ${app.name} (${vault.inside.ci.mount} role ${ci.role})`;
  return [
    ...secrets.map((secret) => toKvPath(app, secret, pipeline)),
    ...(login === undefined ? [] : toLoginPaths(app, login, vault)),
    ...(ci === undefined || pipeline === undefined
      ? []
      : Object.entries(ci.paths).map(([path, capabilities]) => ({
          path,
          engine: undefined,
          keys: [],
          hasMore: true,
          producer: capabilities.some((one) => one !== "read" && one !== "list")
            ? pipeline
            : "others",
          consumers: [`${pipeline}: ${capabilities.join(", ")}`],
        }))),
  ];
}

function toKvPath(
  app: AppSpec,
  { mount, path, fields, generate, name, namespace }: VaultSecretSpec,
  pipeline: string | undefined,
): SecretPath {
  const made = Object.keys(generate);
  const isComplete = fields.length > 0;
  const isAllMade = made.length > 0 && fields.every((key) => made.includes(key));
  // Its policy is about paths below the app's name.
  const others = (path.startsWith(`${app.name}/`) ? pipeline : undefined) ?? "an administrator";
  return {
    path: `${mount}/${path}`,
    engine: "KV v2",
    keys: sortUnique([...fields, ...made]),
    hasMore: !isComplete,
    producer: [
      ...(made.length === 0 ? [] : [`add ${app.name}${isAllMade ? "" : ` (${made.join(", ")})`}`]),
      ...(isAllMade ? [] : [others]),
    ].join(", "),
    consumers: [`Secret ${name} in ${namespace}`],
  };
}

/** The logins, and the login of Vault itself, which only Vault reads. */
function toLoginPaths(
  app: AppSpec,
  { mount, role }: NonNullable<AppVaultSpec["login"]>,
  { inside }: VaultSpec,
): SecretPath[] {
  const [owner] = app.roles;
  const { item } = inside.database;
  return [
    {
      path: `${mount}/${databaseCredentials(role)}`,
      engine: "database",
      keys: ["password", "username"],
      hasMore: false,
      producer: `Vault, a login of ${owner.name} for each lease`,
      consumers: [`Secret ${owner.secretName} in ${owner.namespace}`],
    },
    {
      path: `${mount}/config/${app.name}`,
      engine: "database",
      keys: ["password"],
      hasMore: false,
      producer: item === undefined ? "an administrator" : `1Password ${describeItem(item)}`,
      consumers: ["Vault's own login to Postgres; nobody can read it"],
    },
  ];
}

function listSharedPaths({ inside }: VaultSpec): SecretPath[] {
  const { operator, readers } = inside;
  const describe = ({ namespace, name }: { readonly namespace: string; readonly name: string }) =>
    `ServiceAccount ${namespace}/${name}`;
  return [
    ...whenGiven(operator, ({ transit, key, account }) => ({
      path: `${transit}/keys/${key}`,
      engine: "transit" as const,
      keys: [],
      hasMore: false,
      producer: "Vault",
      consumers: [`${describe(account)}: encrypts and decrypts the operator's cache`],
    })),
    ...readers.flatMap(({ name, account, paths }) =>
      paths.map((path) => ({
        path,
        engine: undefined,
        keys: [],
        hasMore: true,
        producer: "others",
        consumers: [`reader ${name} (${describe(account)})`],
      })),
    ),
  ];
}

/** One row for each path: apps may share one. */
function mergePaths(all: readonly SecretPath[]): readonly SecretPath[] {
  const merged = [...Map.groupBy(all, ({ path }) => path).values()].map((same): SecretPath => {
    const [first] = same as [SecretPath, ...SecretPath[]];
    const known = same.map(({ producer }) => producer).filter((one) => one !== "others");
    return {
      ...first,
      engine: same.find(({ engine }) => engine !== undefined)?.engine,
      keys: sortUnique(same.flatMap(({ keys }) => keys)),
      hasMore: same.some(({ hasMore }) => hasMore),
      producer: [...new Set(known)].join(", ") || first.producer,
      consumers: [...new Set(same.flatMap(({ consumers }) => consumers))],
    };
  });
  return merged.toSorted((a, b) => compareText(a.path, b.path));
}
