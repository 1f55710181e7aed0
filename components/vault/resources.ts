import { readFileSync } from "node:fs";
import path from "node:path";
import * as pulumi from "@pulumi/pulumi";
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
import { getVersion } from "@pulumi/vault/utilities.js";
import { readVaultEnvironment } from "../config/environment.ts";
import { projectFolder } from "../project-folder.ts";
import { readVaultAddress, toVaultPlace } from "./access.ts";
import { VaultConnection } from "./connection.ts";
import { type Json, toData, type VaultObject, type VaultObjectKind } from "./objects.ts";
import type { ComparedVault } from "./open.ts";

/** Loaded only for a stack that makes objects inside Vault. */

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

const builders: Readonly<Record<Exclude<VaultObjectKind, "connection" | "jwt-config">, Build>> = {
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

/** What connections need, which Berth's own provider makes. */
interface ForConnections {
  readonly berth: pulumi.ProviderResource;
  /** What must be there before the connection of an app. */
  readonly granted: (app: string) => readonly pulumi.Resource[];
}

/** Registers all objects that this run makes. */
export function createVaultObjects(
  compared: ComparedVault,
  forConnections: ForConnections,
): readonly pulumi.Resource[] {
  const provider = createProvider(compared);
  const made = new Map<VaultObject, pulumi.Resource>();
  for (const object of compared.objects.filter(({ kind }) => kind !== "jwt-config")) {
    const before = [...made].filter(([one]) => isNeededBy(object, one));
    const dependsOn = before.map(([, resource]) => resource);
    const resource =
      object.kind === "connection"
        ? createConnection(object, dependsOn, { ...compared, ...forConnections })
        : createObject(object, compared, { provider, dependsOn });
    made.set(object, resource);
  }
  return [provider, ...made.values()];
}

function createConnection(
  object: VaultObject,
  dependsOn: readonly pulumi.Resource[],
  { spec, vault, berth, granted }: ComparedVault & ForConnections,
): VaultConnection {
  const { app = "", path: at } = object;
  const { item } = vault.inside.database;
  if (item === undefined) throw new Error("the rules passed a connection without an item");
  const adopt = spec.apps.find(({ name }) => name === app)?.vault?.adopt === true;
  return new VaultConnection(
    app,
    { app, path: at, data: toData(object, readText), item: `${item.vault}/${item.item}`, adopt },
    { provider: berth, dependsOn: [...dependsOn, ...granted(app)] },
  );
}

function createObject(
  object: VaultObject,
  { objects, made }: ComparedVault,
  opts: Options,
): pulumi.Resource {
  const { kind, path: at } = object;
  if (kind === "connection" || kind === "jwt-config") throw new Error(`${kind} has no builder`);
  const { mount, name, logicalName } = toPlace(object);
  const config = objects.find(
    (one) => one.kind === "jwt-config" && one.path === `auth/${mount}/config`,
  );
  // State may not know a mount that an earlier run of the stack made. If it does, this says nothing.
  const isThere = (kind === "mount" || kind === "auth") && made.has(at);
  return builders[kind](
    logicalName,
    {
      mount,
      name,
      data: toData(object, readText),
      config: config === undefined ? {} : toData(config, readText),
    },
    { ...opts, ...(isThere && { import: name }) },
  );
}

function readText(file: string): string {
  return readFileSync(path.resolve(projectFolder, file), "utf8");
}

/** A mount comes before what is in it, and a policy before the roles that give it. */
function isNeededBy(object: VaultObject, before: VaultObject): boolean {
  const mount = toMountPath(before);
  if (mount !== undefined) return object.path.startsWith(`${mount}/`);
  if (object.app !== before.app || before.app === undefined) return false;
  return before.kind === "policy" ? object.kind !== "policy" : before.kind === "connection";
}

/** Where objects of a mount begin; undefined = the object is none. */
function toMountPath({ kind, path: at }: VaultObject): string | undefined {
  if (kind === "mount") return at.replace(/^sys\/mounts\//, "");
  return kind === "auth" ? at.replace(/^sys\//, "") : undefined;
}

/** Mount and name of an object by its path, and the name of its resource, which no other of the type has. */
function toPlace({ kind, path: at }: VaultObject): {
  readonly mount: string;
  readonly name: string;
  readonly logicalName: string;
} {
  const shape = {
    mount: /^sys\/mounts\/()(.+)$/,
    auth: /^sys\/auth\/()(.+)$/,
    "auth-config": /^auth\/(.+)\/(config)$/,
    "jwt-config": /^auth\/(.+)\/(config)$/,
    "transit-key": /^(.+)\/keys\/([^/]+)$/,
    policy: /^sys\/policies\/acl\/()(.+)$/,
    "auth-role": /^auth\/(.+)\/role\/([^/]+)$/,
    "jwt-role": /^auth\/(.+)\/role\/([^/]+)$/,
    group: /^identity\/group\/name\/()(.+)$/,
    connection: /^(.+)\/config\/([^/]+)$/,
    "database-role": /^(.+)\/roles\/([^/]+)$/,
  }[kind];
  const [, mount = "", name = ""] = shape.exec(at) ?? [];
  const isMount = kind === "mount" || kind === "auth";
  return {
    mount: isMount ? name : mount,
    name,
    logicalName: mount === "" ? name : `${mount}/${name}`,
  };
}

/**
 * Pulumi's provider for Vault. Its plugin reads VAULT_TOKEN by itself: an input would be in state. It uses that token and
 * makes no child of it, because Berth reads no secret through it.
 */
class VaultProvider extends pulumi.ProviderResource {
  constructor(inputs: pulumi.Inputs) {
    super("vault", "vault", inputs, { version: getVersion() });
  }
}

function createProvider({ vault }: ComparedVault): VaultProvider {
  const isWithoutToken = pulumi.runtime.isDryRun() && readVaultEnvironment().token === undefined;
  const { caFile } = vault.inside;
  return new VaultProvider({
    address: readVaultAddress(toVaultPlace(vault)),
    ...(vault.namespace !== undefined && { namespace: vault.namespace }),
    ...(caFile !== undefined && { caCertFile: caFile }),
    skipChildToken: "true",
    // The plugin does not start without one. Such a preview asks Vault nothing.
    ...(isWithoutToken && { token: "none" }),
  });
}

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
