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
import { isMapping } from "../mapping.ts";
import { type Json, type VaultData, type VaultObjectKind } from "./objects.ts";

type Options = pulumi.CustomResourceOptions;

/** An object with the text of its files, and the config that its mount has beside it. */
interface Built {
  readonly data: VaultData;
  /** What the path says: the mount, and the name in it. */
  readonly mount: string;
  readonly name: string;
  readonly config: VaultData;
}

type Build = (name: string, built: Built, opts: Options) => pulumi.Resource;

/** Berth removes no mount: all that is in it would go, of other apps too. */
const kept: Options = { retainOnDelete: true, ignoreChanges: ["description"] };

/** The resource of `@pulumi/vault` for each kind of object. Berth's own provider makes connections. */
export const builders: Readonly<
  Record<Exclude<VaultObjectKind, "connection" | "jwt-config">, Build>
> = {
  mount: (name, { data: { config, ...data } }, opts) => {
    const limit = config !== undefined && { max_lease_ttl_seconds: toLongest(config) };
    return create(Mount, name, { path: name, ...data, ...limit }, { ...opts, ...kept });
  },
  auth: (name, { data, config }, opts) => {
    const { type = "", description = "" } = data;
    const shared = { path: name, description };
    if (type === "jwt") {
      return create(JwtBackend, name, { ...shared, ...config }, { ...opts, ...kept });
    }
    const tune = { maxLeaseTtl: `${String(toLongest(data["config"]))}s` };
    return create(AuthBackend, name, { ...shared, type, tune }, { ...opts, ...kept });
  },
  "auth-config": (name, { data, mount: backend }, opts) =>
    create(AuthBackendConfig, name, { backend, ...data }, opts),
  // Without the key nobody can read what it encrypted.
  "transit-key": (name, { mount: backend, name: key }, opts) =>
    create(SecretBackendKey, name, { backend, name: key }, { ...opts, retainOnDelete: true }),
  policy: (name, { data }, opts) => create(Policy, name, { name, ...data }, opts),
  "auth-role": (name, { data, mount: backend, name: role }, opts) =>
    create(AuthBackendRole, name, { backend, role_name: role, ...data }, opts),
  "database-role": (name, { data, mount: backend, name: role }, opts) =>
    create(SecretBackendRole, name, { backend, name: role, ...data }, opts),
  "jwt-role": (name, { data, mount: backend, name: role }, opts) =>
    create(JwtRole, name, { backend, role_name: role, ...data }, opts),
  // Vault's administrators say who is in it.
  group: (name, { data }, opts) => {
    const args = { name, ...data, external_member_entity_ids: true };
    return create(Group, name, args, { ...opts, ignoreChanges: ["memberGroupIds"] });
  },
};

/** Pulumi's arguments have Vault's names, in camelCase. */
function create(
  Type: new (name: string, args: never, opts: Options) => pulumi.Resource,
  name: string,
  data: VaultData,
  opts: Options,
): pulumi.Resource {
  const args = Object.entries(data).map(([key, value]) => [
    key.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
    isMapping(value) ? toValues(value) : value,
  ]);
  return new Type(name, Object.fromEntries(args) as never, opts);
}

/** A list is one text with commas, as Terraform's provider wants it. */
function toValues(value: Json | undefined): Record<string, string> {
  const entries = Object.entries(value ?? {});
  // `String` of a list has commas.
  return Object.fromEntries(entries.map(([key, one]) => [key, String(one)]));
}

/** Seconds, from `{ max_lease_ttl: 86400s }`. */
function toLongest(config: Json | undefined): number {
  return Number.parseInt(toValues(config)["max_lease_ttl"] ?? "0", 10);
}
