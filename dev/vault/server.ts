import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { BerthError } from "../../components/errors.ts";
import { readJsonIfThere } from "../../toolchain/read-if-there.ts";
import { asPod } from "../as-pod.ts";
import {
  findRunning,
  startInBackground,
  startWatchdog,
  stopInBackground,
  waitUntilReady,
} from "../background.ts";
import { writePrivately } from "../connect/vault-data.ts";
import { freePort } from "../postgres/ports.ts";
import { askVault } from "./request.ts";

export interface VaultOptions {
  /** Folder for its data and its keys. */
  readonly home: string;
  readonly program: string;
  /** Folder with the files of its ServiceAccount, if it must find them as in a pod. */
  readonly account?: string;
  /** Process whose end, however it ends, stops Vault. @default - Vault stays */
  readonly owner?: number;
}

/** A Vault of this machine that is not sealed. */
export interface RunningVault {
  readonly home: string;
  readonly address: string;
  /** May do everything. */
  readonly rootToken: string;
}

/** The unseal key and the first token, which a person would keep in a safe. */
interface Keys {
  readonly unsealKey: string;
  readonly rootToken: string;
}

/**
 * Starts a Vault in the background, or finds it running, and unseals it. Its data are files, so what is inside stays over
 * a stop. It keeps its port, so the next preview shows no change.
 */
export async function startVault(options: VaultOptions): Promise<RunningVault> {
  const files = toFiles(options.home);
  mkdirSync(files.storage, { recursive: true, mode: 0o700 });
  let port = readJsonIfThere(files.port) as number | undefined;
  if (port === undefined || findRunning(files.pid) === undefined) {
    port = await freePort(port);
    writeFileSync(files.port, String(port));
    await launch(options, port);
  }
  const address = `http://127.0.0.1:${String(port)}`;
  await until(files, "it does not answer", async () => (await askStatus(address)) !== undefined);
  const { rootToken } = await unseal(files, address);
  // An active node answers 200. Right after the unsealing it is a standby.
  await until(files, "it does not become active", async () => {
    return (await askVault(address, { path: "sys/health" })).status === 200;
  });
  return { home: options.home, address, rootToken };
}

export async function sealVault({ address, rootToken }: RunningVault): Promise<void> {
  await askVault(address, { method: "PUT", path: "sys/seal", token: rootToken });
}

/** Stops a Vault. Its data stay. */
export async function stopVault(home: string, signal?: "SIGKILL"): Promise<void> {
  const files = toFiles(home);
  await stopInBackground(files.watchdogPid, signal);
  await stopInBackground(files.pid, signal);
}

export async function removeVault(home: string): Promise<void> {
  await stopVault(home, "SIGKILL");
  rmSync(home, { recursive: true, force: true, maxRetries: 5 });
}

function toFiles(home: string) {
  const at = (name: string): string => path.join(home, name);
  return {
    storage: at("storage"),
    keys: at("keys.json"),
    port: at("port"),
    pid: at("vault.pid"),
    log: at("vault.log"),
    watchdogPid: at("watchdog.pid"),
    watchdogLog: at("watchdog.log"),
  };
}

async function launch(
  { home, program, account, owner }: VaultOptions,
  port: number,
): Promise<void> {
  const files = toFiles(home);
  const own = [program, "-address", `127.0.0.1:${String(port)}`, "-storage", files.storage];
  const plain = { command: program, args: own.slice(1), knownBy: own };
  if (owner !== undefined) {
    const watchdog = { pidFile: files.watchdogPid, logFile: files.watchdogLog };
    startWatchdog(owner, { ...watchdog, pidFiles: [files.pid] });
  }
  startInBackground({
    pidFile: files.pid,
    logFile: files.log,
    ...(account === undefined ? plain : await asPod("Vault", account, own)),
    cwd: home,
  });
}

/** Makes the keys once, and unseals with them. */
async function unseal(files: ReturnType<typeof toFiles>, address: string): Promise<Keys> {
  const status = await askStatus(address);
  if (status?.["initialized"] === false) {
    const shares = { secret_shares: 1, secret_threshold: 1 };
    const { body } = await askVault(address, { method: "PUT", path: "sys/init", body: shares });
    const made = body as { keys_base64: [string]; root_token: string };
    const keys = { unsealKey: made.keys_base64[0], rootToken: made.root_token } satisfies Keys;
    writePrivately(files.keys, JSON.stringify(keys));
  }
  const keys = readJsonIfThere(files.keys) as Keys | undefined;
  if (keys === undefined) {
    throw new BerthError(
      `Vault for development: ${files.storage} has data, but its keys are gone`,
      { hint: "npm start -- --down removes the sandbox, and npm start -- --vault makes another" },
    );
  }
  const key = { key: keys.unsealKey };
  await askVault(address, { method: "PUT", path: "sys/unseal", body: key });
  return keys;
}

/** undefined = it does not answer yet. */
async function askStatus(address: string) {
  try {
    const { status, body } = await askVault(address, { path: "sys/seal-status" });
    return status === 200 ? body : undefined;
  } catch {
    return undefined;
  }
}

async function until(
  { pid: pidFile, log: logFile }: ReturnType<typeof toFiles>,
  what: string,
  isReady: () => Promise<boolean>,
): Promise<void> {
  const describe = (isGone: boolean): string =>
    `Vault for development: ${isGone ? "it ended at once" : what}`;
  await waitUntilReady({ pidFile, logFile }, describe, isReady);
}
