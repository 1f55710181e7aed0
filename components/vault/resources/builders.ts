import type * as pulumi from "@pulumi/pulumi";
import { AuthBackend } from "@pulumi/vault/authBackend.js";
import { SecretBackendRole } from "@pulumi/vault/database/secretBackendRole.js";
import { Group } from "@pulumi/vault/identity/group.js";
import { AuthBackend as JwtBackend } from "@pulumi/vault/jwt/authBackend.js";
import { AuthBackendRole as JwtRole } from "@pulumi/vault/jwt/authBackendRole.js";
import { AuthBackendConfig } from "@pulumi/vault/kubernetes/authBackendConfig.js";
import { AuthBackendRole } from "@pulumi/vault/kubernetes/authBackendRole.js";
import { Mount } from "@pulumi/vault/mount.js";
import { Policy } from "@pulumi/vault/policy.js";
import { SecretBackendKey } from "@pulumi/vault/transit/secretBackendKey.js";
import type { Json, VaultObjectKind } from "../objects.ts";

type Data = Readonly<Record<string, Json>>;
type Options = pulumi.CustomResourceOptions;

/** An object with the text of its files, and the config that its mount has beside it. */
interface Built {
  readonly data: Data;
  /** What the path says: the mount, and the name in it. */
  readonly mount: string;
  readonly name: string;
  readonly config: Data;
}

type Build = (name: string, built: Built, opts: Options) => pulumi.Resource;

/** Berth removes no mount: all that is in it would go, of other apps too. */
const kept: Options = { retainOnDelete: true, ignoreChanges: ["description"] };

/** The resource of `@pulumi/vault` for each kind of object. Berth's own provider makes connections. */
export const builders: Readonly<
  Record<Exclude<VaultObjectKind, "connection" | "jwt-config">, Build>
> = {
  mount: (name, { data }, opts) => {
    const { options, config } = data;
    return new Mount(
      name,
      {
        path: name,
        type: toText(data["type"]),
        description: toText(data["description"]),
        ...(options !== undefined && { options: toTexts(options) }),
        ...(config !== undefined && { maxLeaseTtlSeconds: toLongest(config) }),
      },
      { ...opts, ...kept },
    );
  },
  auth: (name, { data, config }, opts) => {
    const shared = { path: name, description: toText(data["description"]) };
    if (data["type"] === "jwt") {
      return new JwtBackend(name, { ...shared, ...toJwtConfig(config) }, { ...opts, ...kept });
    }
    const tune = { maxLeaseTtl: `${String(toLongest(data["config"]))}s` };
    return new AuthBackend(
      name,
      { ...shared, type: toText(data["type"]), tune },
      { ...opts, ...kept },
    );
  },
  "auth-config": (name, { data, mount }, opts) =>
    new AuthBackendConfig(
      name,
      {
        backend: mount,
        kubernetesHost: toText(data["kubernetes_host"]),
        ...("kubernetes_ca_cert" in data && {
          kubernetesCaCert: toText(data["kubernetes_ca_cert"]),
        }),
      },
      opts,
    ),
  // Without the key nobody can read what it encrypted.
  "transit-key": (name, { mount, name: key }, opts) =>
    new SecretBackendKey(name, { backend: mount, name: key }, { ...opts, retainOnDelete: true }),
  policy: (name, { data }, opts) =>
    new Policy(name, { name, policy: toText(data["policy"]) }, opts),
  "auth-role": (name, { data, mount, name: role }, opts) =>
    new AuthBackendRole(
      name,
      {
        backend: mount,
        roleName: role,
        boundServiceAccountNames: toList(data["bound_service_account_names"]),
        boundServiceAccountNamespaces: toList(data["bound_service_account_namespaces"]),
        ...("audience" in data && { audience: toText(data["audience"]) }),
        tokenPolicies: toList(data["token_policies"]),
        tokenTtl: Number(data["token_ttl"]),
      },
      opts,
    ),
  "database-role": (name, { data, mount, name: role }, opts) =>
    new SecretBackendRole(
      name,
      {
        backend: mount,
        name: role,
        dbName: toText(data["db_name"]),
        defaultTtl: Number(data["default_ttl"]),
        maxTtl: Number(data["max_ttl"]),
        creationStatements: toList(data["creation_statements"]),
        revocationStatements: toList(data["revocation_statements"]),
      },
      opts,
    ),
  "jwt-role": (name, { data, mount, name: role }, opts) =>
    new JwtRole(
      name,
      {
        backend: mount,
        roleName: role,
        roleType: toText(data["role_type"]),
        boundAudiences: toList(data["bound_audiences"]),
        userClaim: toText(data["user_claim"]),
        ...("bound_claims" in data && { boundClaims: toTexts(data["bound_claims"]) }),
        tokenPolicies: toList(data["token_policies"]),
        tokenTtl: Number(data["token_ttl"]),
      },
      opts,
    ),
  // Vault's administrators say who is in it.
  group: (name, { data }, opts) =>
    new Group(
      name,
      {
        name,
        type: toText(data["type"]),
        policies: toList(data["policies"]),
        metadata: toTexts(data["metadata"]),
        externalMemberEntityIds: true,
      },
      { ...opts, ignoreChanges: ["memberGroupIds"] },
    ),
};

function toText(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}

function toList(value: Json | undefined): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

/** A list is one text with commas, as Terraform's provider wants it. */
function toTexts(value: Json | undefined): Record<string, string> {
  return Object.fromEntries(
    Object.entries(value ?? {}).map(([key, one]) => [
      key,
      Array.isArray(one) ? one.join(",") : String(one),
    ]),
  );
}

/** Seconds, from `{ max_lease_ttl: 86400s }`. */
function toLongest(config: Json | undefined): number {
  return Number.parseInt(toTexts(config)["max_lease_ttl"] ?? "0", 10);
}

function toJwtConfig(config: Data): ConstructorParameters<typeof JwtBackend>[1] {
  const { oidc_discovery_url: discovery, jwks_url: jwks, bound_issuer: issuer } = config;
  return {
    ...(discovery !== undefined && { oidcDiscoveryUrl: toText(discovery) }),
    ...(jwks !== undefined && { jwksUrl: toText(jwks) }),
    ...("jwt_validation_pubkeys" in config && {
      jwtValidationPubkeys: toList(config["jwt_validation_pubkeys"]),
    }),
    ...(issuer !== undefined && { boundIssuer: toText(issuer) }),
  };
}
