import type { VaultCiSpec } from "../../config/spec/vault-inside.ts";
import { sortUnique } from "../../sort.ts";
import { toMark } from "../mark.ts";
import type { VaultData, VaultObject } from "../objects.ts";
import { toOperatorRules, toReaderRules } from "../policies.ts";
import { central, planPolicy, toAuthRole, type VaultStack } from "./parts.ts";

export function planShared(stack: VaultStack): readonly VaultObject[] {
  return [...planMounts(stack), ...planConfigs(stack), ...planReaders(stack)];
}

/** The longest that a login or token of the stack lasts, in seconds. */
const longest = 24 * 60 * 60;

function planMounts({ spec, vault, apps }: VaultStack): readonly VaultObject[] {
  const { kvMount, operator, ci } = vault.inside;
  const description = toMark(spec);
  const kv = listKvMounts(apps);
  const logins = apps.flatMap((app) => app.vault.login ?? []);
  const usesKv = kv.length > 0 || ci !== undefined;
  const mount = (path: string, data: VaultData): VaultObject =>
    central({ kind: "mount", path: `sys/mounts/${path}`, data: { ...data, description } });
  const auth = (path: string, type: string, config?: VaultData): VaultObject =>
    central({
      kind: "auth",
      path: `sys/auth/${path}`,
      data: { type, description, ...(config && { config }) },
    });
  return [
    ...sortUnique([...(usesKv ? [kvMount] : []), ...kv]).map((path) =>
      mount(path, { type: "kv", options: { version: "2" } }),
    ),
    ...sortUnique(logins.map((login) => login.mount)).map((path) => {
      const ttl = Math.max(...logins.filter((one) => one.mount === path).map((one) => one.maxTtl));
      return mount(path, { type: "database", config: { max_lease_ttl: `${String(ttl)}s` } });
    }),
    ...(operator === undefined ? [] : [mount(operator.transit, { type: "transit" })]),
    auth(vault.authMount, "kubernetes", { max_lease_ttl: `${String(longest)}s` }),
    ...(ci === undefined ? [] : [auth(ci.mount, "jwt")]),
  ];
}

function planConfigs(stack: VaultStack): readonly VaultObject[] {
  const { vault } = stack;
  const { kubernetes, operator, ci } = vault.inside;
  return [
    central({
      kind: "auth-config",
      path: `auth/${vault.authMount}/config`,
      // Terraform's provider sends false where nothing is said, and then Vault takes no token of today's clusters.
      data: { kubernetes_host: kubernetes.host, disable_iss_validation: true },
      files: kubernetes.caFile === undefined ? {} : { kubernetes_ca_cert: kubernetes.caFile },
    }),
    ...(ci === undefined
      ? []
      : [central({ kind: "jwt-config", path: `auth/${ci.mount}/config`, data: toJwtConfig(ci) })]),
    ...(operator === undefined
      ? []
      : [central({ kind: "transit-key", path: `${operator.transit}/keys/${operator.key}` })]),
  ];
}

function toJwtConfig({ keys, issuer }: VaultCiSpec): VaultData {
  const from =
    "discoveryUrl" in keys
      ? { oidc_discovery_url: keys.discoveryUrl }
      : "jwksUrl" in keys
        ? { jwks_url: keys.jwksUrl }
        : // Vault keeps no line break at the end.
          { jwt_validation_pubkeys: keys.publicKeys.map((key) => key.trim()) };
  return { ...from, ...(issuer !== undefined && { bound_issuer: issuer }) };
}

/** The operator and others who read, each with a policy and a role. */
function planReaders({ spec, vault, apps }: VaultStack): readonly VaultObject[] {
  const { kvMount, operator, readers } = vault.inside;
  // The longest first: one mount may begin with the name of another.
  const mounts = [kvMount, ...listKvMounts(apps)].toSorted((a, b) => b.length - a.length);
  const all = [
    ...(operator === undefined ? [] : [{ ...operator, rules: toOperatorRules(operator) }]),
    ...readers.map((reader) => ({
      role: reader.name,
      policy: reader.name,
      account: reader.account,
      rules: toReaderRules(reader, mounts),
    })),
  ];
  return all.flatMap(({ role, policy, account, rules }) => [
    planPolicy(policy, toMark(spec), rules),
    central({
      kind: "auth-role",
      path: `auth/${vault.authMount}/role/${role}`,
      data: toAuthRole(
        { name: role, accounts: [account.name], namespaces: [account.namespace] },
        policy,
        vault,
      ),
    }),
  ]);
}

function listKvMounts(apps: VaultStack["apps"]): readonly string[] {
  return apps.flatMap((app) => app.vault.secrets.map(({ mount }) => mount));
}
