import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { isDeepStrictEqual } from "node:util";
import { type Document, isMap, parse, parseDocument } from "yaml";
import { mostAliases, parsePulumiYaml } from "../components/config/yaml/pulumi-yaml.ts";
import { BerthError } from "../components/errors.ts";
import { projectFolder } from "../components/project-folder.ts";
import { asSuperuser, type SuperuserLogin } from "./postgres/neighbour.ts";
import { freePort } from "./postgres/ports.ts";
import { addVault, type VaultOfStack } from "./vault/stack.ts";

/** A sandbox's stack file: the committed `Pulumi.dev.yaml` with the sandbox's own values. */

/** What the one who opens a sandbox may say of its stack file. */
export interface StackFileChoices {
  /**
   * Where the stack file says that Postgres is and manifests go: this machine and files, or the sandbox's
   * cluster for both. @default - as before; `machine` for a new sandbox
   */
  readonly place?: "machine" | "cluster";
  /** The Vault that the stack uses. @default - as before; `none` for a new sandbox */
  readonly vault?: VaultOfStack | "none";
  /** Edits the sandbox's copy of Pulumi.dev.yaml: its `config` as plain values. */
  readonly configure?: (config: Record<string, unknown>) => void;
}

interface StackFileOptions extends StackFileChoices {
  readonly committed: Document;
  readonly superuser: SuperuserLogin;
  /** Folder of the manifests. */
  readonly gitops: string;
  readonly clusterHome: string;
}

/** Namespace of Postgres in a sandbox's cluster. */
export const databaseNamespace = "db-postgres";

/** The kubeconfig's context of a user with exactly the rights that Berth needs. */
const context = "berth";

const preferredPort = 15433;

const committed = path.join(projectFolder, "Pulumi.dev.yaml");

/** Keys that Pulumi writes next to `config`. In the committed file they belong to another stack. */
const secretsKeys = ["encryptionsalt", "encryptedkey", "secretsprovider"] as const;

interface Written {
  readonly encryptionsalt?: string;
  readonly config: {
    readonly "berth:postgres": { readonly endpoint: Way };
    readonly "berth:stack"?: { readonly id: string };
    readonly "berth:cluster"?: { readonly identifier?: string };
    readonly "berth:secrets"?: { readonly vault?: WrittenVault };
  };
}

interface WrittenVault {
  readonly address: string;
  readonly manage: { readonly kubernetes: { readonly host: string; readonly caFile: string } };
}

interface Way {
  readonly direct?: { readonly port: number };
  readonly kubernetes?: { readonly localPort: number };
}

function read(file: string): Written | undefined {
  return existsSync(file) ? (parse(readFileSync(file, "utf8")) as Written) : undefined;
}

/** The endpoint that an earlier run wrote. */
export function readWay(file: string): Way {
  return read(file)?.config["berth:postgres"].endpoint ?? {};
}

/** Whether the stack uses the sandbox's cluster, for Postgres and for delivery. */
export function isOnCluster(file: string): boolean {
  return readWay(file).kubernetes !== undefined;
}

/** The Vault that an earlier run wrote; undefined = the stack uses none. */
export function readVaultOfStack(file: string): VaultOfStack | undefined {
  const vault = read(file)?.config["berth:secrets"]?.vault;
  if (vault === undefined) return undefined;
  const { host, caFile } = vault.manage.kubernetes;
  return { address: vault.address, kubernetes: host, caFile };
}

/** The keys that a sandbox writes to. */
const written = [
  ["config"],
  ["config", "berth:postgres"],
  ["config", "berth:postgres", "endpoint"],
  ["config", "berth:postgres", "endpoint", "direct"],
  ["config", "berth:gitops"],
  ["config", "berth:secrets"],
];

/** The committed file. Its mistakes are reported before any server starts. */
export function readCommitted(file = committed): Document {
  if (!existsSync(file)) {
    throw new BerthError(`stack dev: there is no stack file ${file}`, {
      hint: "git restore Pulumi.dev.yaml",
    });
  }
  const text = readFileSync(file, "utf8");
  parsePulumiYaml("stack dev", file, text);
  const document = parseDocument(text);
  if (!isMap(document.contents) && document.toJS() !== null) refusePart(file, "the file");
  for (const keys of written) {
    const value: unknown = document.getIn(keys);
    if (value === null) document.deleteIn(keys);
    else if (value !== undefined && !isMap(value))
      refusePart(file, keys.slice(1).join(".") || "config");
  }
  return document;
}

function refusePart(file: string, part: string): never {
  throw new BerthError(`stack dev: ${file}: ${part}: expected a map of keys and values`, {
    hint: "see Pulumi.prod.yaml for the form of every key",
  });
}

/** Writes the committed file with the sandbox's ports and cluster, and with the salt of its former copy. */
export async function writeStackFile(file: string, options: StackFileOptions): Promise<void> {
  const { committed: document, superuser, place, configure } = options;
  const previous = read(file);
  if (place === "cluster" || (place === undefined && isOnCluster(file))) {
    await placeOnCluster(document, previous, options.clusterHome);
  } else {
    const { port } = superuser;
    document.setIn(["config", "berth:postgres", "endpoint", "direct", "port"], port);
    const directory = path.relative(projectFolder, options.gitops);
    document.setIn(["config", "berth:gitops", "directory"], directory);
  }
  const vault = options.vault ?? readVaultOfStack(file) ?? "none";
  if (vault !== "none") addVault(document, vault, superuser.port);
  // The program finds Pulumi's salt in the default stack file only, not in one of --config-file.
  const id = previous?.config["berth:stack"]?.id ?? randomBytes(16).toString("hex");
  document.setIn(["config", "berth:stack"], { id });
  const identifier = await readSystemIdentifier(superuser);
  document.setIn(["config", "berth:postgres", "systemIdentifier"], identifier);
  if (configure !== undefined && isMap(document.get("config"))) {
    const { config } = document.toJS({ maxAliasCount: mostAliases }) as {
      config: Record<string, unknown>;
    };
    configure(config);
    document.set("config", config);
  }
  for (const key of secretsKeys) document.delete(key);
  if (previous?.encryptionsalt !== undefined)
    document.set("encryptionsalt", previous.encryptionsalt);
  writeFileSync(file, document.toString());
}

/**
 * Undoes Pulumi's changes of the committed file. Some commands know no other file: they add a salt to it, or
 * delete it with the stack. A person's edits stay.
 */
export async function keepCommitted<T>(run: () => Promise<T>, file = committed): Promise<T> {
  const before = readFileSync(file, "utf8");
  try {
    return await run();
  } finally {
    const after = existsSync(file) ? readFileSync(file, "utf8") : undefined;
    if (after === undefined || isSalted(before, after)) writeFileSync(file, before);
  }
}

/** Whether only the keys that Pulumi writes next to `config` differ. */
function isSalted(before: string, after: string): boolean {
  const [one, other] = [before, after].map((text) => {
    const document = parseDocument(text);
    if (document.errors.length > 0 || !isMap(document.contents)) return undefined;
    const secrets = secretsKeys.map((key) => document.get(key));
    for (const key of secretsKeys) document.delete(key);
    return { secrets, rest: document.toJS({ maxAliasCount: mostAliases }) as unknown };
  });
  if (one === undefined || other === undefined) return false;
  return !isDeepStrictEqual(one.secrets, other.secrets) && isDeepStrictEqual(one.rest, other.rest);
}

async function placeOnCluster(
  document: Document,
  previous: Written | undefined,
  clusterHome: string,
): Promise<void> {
  const kubeconfig = path.relative(projectFolder, path.join(clusterHome, "kubeconfig"));
  const { kubernetes } = previous?.config["berth:postgres"].endpoint ?? {};
  const kubernetesWay = {
    kubeconfig,
    context,
    namespace: databaseNamespace,
    service: "postgres-postgresql",
    localPort: kubernetes?.localPort ?? (await freePort(preferredPort)),
  };
  document.setIn(["config", "berth:postgres", "endpoint"], { kubernetes: kubernetesWay });
  document.deleteIn(["config", "berth:gitops"]);
  // Its context is the one of the endpoint.
  document.setIn(["config", "berth:cluster"], previous?.config["berth:cluster"] ?? {});
}

/** Writes the cluster's identifier, which is known only when the cluster runs. */
export function pinCluster(file: string, identifier: string): void {
  const document = parseDocument(readFileSync(file, "utf8"));
  if (!document.hasIn(["config", "berth:cluster"])) return;
  document.setIn(["config", "berth:cluster", "identifier"], identifier);
  writeFileSync(file, document.toString());
}

async function readSystemIdentifier(superuser: SuperuserLogin): Promise<string> {
  const { rows } = await asSuperuser(superuser, "postgres", (client) =>
    client.query<{ id: string }>("select system_identifier::text as id from pg_control_system()"),
  );
  return rows[0]?.id ?? "";
}
