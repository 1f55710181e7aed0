import { crc32 } from "node:zlib";
import { databaseCredentials } from "../config/derive/names.ts";
import type { AppVaultSpec } from "../config/spec/vault.ts";
import type { VaultOperatorSpec, VaultReaderSpec } from "../config/spec/vault-inside.ts";
import { type Json, toPolicyPath, type VaultObject } from "./objects.ts";

export interface Rule {
  readonly path: string;
  readonly capabilities: readonly string[];
  /** Values that a parameter may have, by name; empty = any. Others may not be given. undefined = all may. */
  readonly allowed?: Values;
}

/**
 * The text of a policy.
 *
 * @param mark First line, which says whose it is.
 * @see https://developer.hashicorp.com/vault/docs/concepts/policies
 */
export function toPolicy(mark: string, rules: readonly Rule[]): string {
  return [`# ${mark}`, ...rules.map(toBlock), ""].join("\n");
}

function toBlock({ path, capabilities, allowed }: Rule): string {
  const head = `path ${JSON.stringify(path)} {`;
  const rights = `capabilities = [${capabilities.map((one) => JSON.stringify(one)).join(", ")}]`;
  if (allowed === undefined) return `${head} ${rights} }`;
  return [
    head,
    `  ${rights}`,
    ...toParameters("allowed", allowed),
    ...toParameters("denied", toDenied(allowed)),
    "}",
  ].join("\n");
}

type Values = Readonly<Record<string, readonly Json[]>>;

function toParameters(what: "allowed" | "denied", values: Values): readonly string[] {
  const lines = Object.entries(values).map(
    ([name, one]) => `    ${JSON.stringify(name)} = ${JSON.stringify(one)}`,
  );
  return lines.length === 0 ? [] : [`  ${what}_parameters = {`, ...lines, "  }"];
}

/** Vault looks at each element of a value, so an empty one is always allowed: a role without an audience takes any. */
function toDenied(allowed: Values): Values {
  const isEmpty = (value: Json): boolean => Array.isArray(value) && value.length === 0;
  const filled = Object.entries(allowed).filter(
    ([, values]) => values.length > 0 && !values.some(isEmpty),
  );
  return Object.fromEntries(filled.map(([name]) => [name, ["", []]]));
}

export function toAppRules({ login, secrets }: AppVaultSpec): readonly Rule[] {
  return [
    ...(login === undefined
      ? []
      : [
          { path: `${login.mount}/${databaseCredentials(login.role)}`, capabilities: ["read"] },
          // The operator ends a lease when its VaultDynamicSecret goes.
          { path: "sys/leases/revoke", capabilities: ["update"] },
        ]),
    ...secrets.map(({ mount, path }) => ({
      path: `${mount}/data/${path}`,
      capabilities: ["read"],
    })),
  ];
}

/**
 * What the pipeline of an app may do: change the app's roles to what Berth plans and to nothing else, and the values
 * below the app's name in KV engines.
 *
 * @param roles The objects of the app's own half.
 */
export function toOpsRules(
  app: { readonly name: string; readonly vault: AppVaultSpec },
  kvMount: string,
  roles: readonly VaultObject[],
): readonly Rule[] {
  const { policy, secrets, ci } = app.vault;
  const isOwn = (path: string): boolean => path.startsWith(`${app.name}/`);
  const mounts = [kvMount, ...secrets.filter(({ path }) => isOwn(path)).map(({ mount }) => mount)];
  return [
    { path: toPolicyPath(policy), capabilities: ["read"] },
    ...roles.map(({ path, data }) => ({
      path,
      capabilities: ["create", "read", "update", "delete"],
      allowed: toAllowed(data),
    })),
    ...[...new Set(mounts)].flatMap((mount) => toKvRules(mount, app.name)),
    ...Object.entries(ci?.paths ?? {}).map(([path, capabilities]) => ({ path, capabilities })),
  ];
}

function toKvRules(mount: string, app: string): readonly Rule[] {
  return [
    {
      path: `${mount}/data/${app}/*`,
      capabilities: ["create", "read", "update", "patch", "delete"],
    },
    // The names of the keys in a secret, without their values.
    { path: `${mount}/subkeys/${app}/*`, capabilities: ["read"] },
    ...["delete", "undelete", "destroy"].map((verb) => ({
      path: `${mount}/${verb}/${app}/*`,
      capabilities: ["update"],
    })),
    {
      path: `${mount}/metadata/${app}/*`,
      capabilities: ["create", "read", "update", "patch", "delete", "list"],
    },
  ];
}

/** What Terraform's provider, behind Pulumi's, also sends, as Vault has it by default. */
const defaults: Readonly<Record<string, readonly Json[]>> = {
  token_type: ["default"],
  rollback_statements: [[]],
  renew_statements: [[]],
};

/**
 * A role's parameters with the values that it has. Vault cannot compare numbers: it takes any, and the highest that
 * counts is that of the mount.
 */
function toAllowed(data: VaultObject["data"]): NonNullable<Rule["allowed"]> {
  const isAuth = "token_policies" in data;
  const more = Object.entries(defaults).filter(([name]) => (name === "token_type") === isAuth);
  const own = Object.entries(data).map(([name, value]) => [name, toValues(name, value)] as const);
  return Object.fromEntries([...own, ...more]);
}

function toValues(name: string, value: Json): readonly Json[] {
  if (typeof value === "number") return [];
  if (!isTexts(value)) return [value];
  // The order of statements matters, and a comma in one separates nothing.
  if (name.endsWith("_statements")) return [value];
  // `vault write` sends a list as one text.
  return [...toOrders(value), value.join(",")];
}

function isTexts(value: Json): value is readonly string[] {
  return Array.isArray(value);
}

/** Vault compares a list in its order. Terraform's provider orders by the texts of hashes. */
function toOrders(names: readonly string[]): readonly (readonly string[])[] {
  const hashed = names
    .map((name) => [String(crc32(name)), name] as const)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([, name]) => name);
  const isSame = hashed.every((name, index) => name === names[index]);
  return isSame ? [names] : [names, hashed];
}

/** The operator encrypts the leases that it keeps in the cluster. */
export function toOperatorRules({ transit, key }: VaultOperatorSpec): readonly Rule[] {
  return ["encrypt", "decrypt"].map((verb) => ({
    path: `${transit}/${verb}/${key}`,
    capabilities: ["create", "update"],
  }));
}

/** @param mounts Those of KV engines, version 2, where values are below `data/`. */
export function toReaderRules(
  { paths }: VaultReaderSpec,
  mounts: readonly string[],
): readonly Rule[] {
  return paths.map((path) => {
    const mount = mounts.find((one) => path.startsWith(`${one}/`));
    const inside = mount === undefined ? path : `${mount}/data/${path.slice(mount.length + 1)}`;
    return { path: inside, capabilities: ["read"] };
  });
}
