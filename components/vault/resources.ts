import { readFileSync } from "node:fs";
import path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { getVersion } from "@pulumi/vault/utilities.js";
import { readVaultEnvironment } from "../config/environment.ts";
import { describeItem } from "../config/spec/item.ts";
import { projectFolder } from "../project-folder.ts";
import { builders } from "./builders.ts";
import { VaultConnection } from "./connection.ts";
import { readVaultAddress, toVaultPlace } from "./http/access.ts";
import { findMount, toData, type VaultObject } from "./objects.ts";
import type { ComparedVault } from "./open.ts";

/** Loaded only for a stack that makes objects inside Vault. */

/** What connections need, which Berth's own provider makes. */
export interface ForConnections {
  readonly berth: pulumi.ProviderResource;
  /** What must be there before the connection of an app. */
  readonly granted: (app: string) => readonly pulumi.Resource[];
}

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
    { app, path: at, data: toData(object, readText), item: describeItem(item), adopt },
    { provider: berth, dependsOn: [...dependsOn, ...granted(app)] },
  );
}

function createObject(
  object: VaultObject,
  { objects, made }: ComparedVault,
  opts: pulumi.CustomResourceOptions,
): pulumi.Resource {
  const { kind, path: at } = object;
  if (kind === "connection" || kind === "jwt-config") throw new Error(`${kind} has no builder`);
  const { mount, name, logicalName } = toPlace(object);
  const config = objects.find(
    (one) => one.kind === "jwt-config" && one.path === `auth/${mount}/config`,
  );
  // State may not know a mount that an earlier run of the stack made. If it does, this says nothing.
  const isThere = findMount(object) !== undefined && made.has(at);
  const built = {
    mount,
    name,
    data: toData(object, readText),
    config: config === undefined ? {} : toData(config, readText),
  };
  return builders[kind](logicalName, built, { ...opts, ...(isThere && { import: name }) });
}

function readText(file: string): string {
  return readFileSync(path.resolve(projectFolder, file), "utf8");
}

/** A mount comes before what is in it, and a policy before the roles that give it. */
function isNeededBy(object: VaultObject, before: VaultObject): boolean {
  const mount = findMount(before);
  if (mount !== undefined) return object.path.startsWith(`${mount}/`);
  if (object.app !== before.app || before.app === undefined) return false;
  return before.kind === "policy" ? object.kind !== "policy" : before.kind === "connection";
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
  const logicalName = mount === "" ? name : `${mount}/${name}`;
  return { mount: isMount ? name : mount, name, logicalName };
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
