import { byKey } from "../../sort.ts";
import type { StackConfig } from "../schema/stack.ts";
import type { PostgresSpec } from "../spec/postgres.ts";
import type {
  ServiceAccountRef,
  VaultCiSpec,
  VaultInsideSpec,
  VaultOperatorSpec,
} from "../spec/vault-inside.ts";

type Vault = NonNullable<NonNullable<StackConfig["secrets"]>["vault"]>;
type Manage = NonNullable<Vault["manage"]>;

export function toVaultInsideSpec(
  vault: Vault,
  { onepassword }: StackConfig,
  { service }: Pick<PostgresSpec, "service">,
): VaultInsideSpec {
  const { manage = {}, kvMount = "kvv2" } = vault;
  const { kubernetes = {}, database = {}, operator, ci } = manage;
  return {
    half: vault.manage === undefined ? "none" : (manage.half ?? "all"),
    address: manage.address,
    caFile: manage.caFile,
    existing: manage.existing ?? [],
    kvMount,
    kubernetes: {
      host: kubernetes.host ?? "https://kubernetes.default.svc",
      caFile: kubernetes.caFile,
    },
    database: {
      // Without `manage` somebody fills it in who runs the commands.
      user: database.user ?? (vault.manage === undefined ? "‹login›" : "vault"),
      item:
        database.item === undefined ? undefined : { vault: onepassword.vault, item: database.item },
      host: database.host ?? service.host,
      port: database.port ?? service.port,
    },
    operator: operator && toOperatorSpec(operator),
    ci: ci && toCiSpec(ci),
    readers: Object.entries(manage.readers ?? {})
      .toSorted(byKey)
      .map(([name, { serviceAccount, paths }]) => ({
        name,
        account: toServiceAccount(serviceAccount),
        paths,
      })),
  };
}

function toOperatorSpec(given: NonNullable<Manage["operator"]>): VaultOperatorSpec {
  return {
    account: {
      namespace: given.namespace ?? "vault-secrets-operator-system",
      name: given.serviceAccount ?? "vault-secrets-operator-controller-manager",
    },
    transit: given.transit ?? "transit",
    key: given.key ?? "vso-client-cache",
    role: given.role ?? "vault-secrets-operator",
    policy: given.policy ?? "vso-client-cache",
  };
}

function toCiSpec(given: NonNullable<Manage["ci"]>): VaultCiSpec {
  return {
    mount: given.mount,
    keys: toKeys(given),
    issuer: given.issuer,
    audience: given.audience,
    userClaim: given.userClaim ?? "email",
  };
}

/** The schema passes only one of them. */
function toKeys({
  discoveryUrl,
  jwksUrl,
  publicKeys = [],
}: NonNullable<Manage["ci"]>): VaultCiSpec["keys"] {
  if (discoveryUrl !== undefined) return { discoveryUrl };
  return jwksUrl === undefined ? { publicKeys } : { jwksUrl };
}

/** From `namespace/name`. */
export function toServiceAccount(text: string): ServiceAccountRef {
  const [namespace = "", name = ""] = text.split("/");
  return { namespace, name };
}
