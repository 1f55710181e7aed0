import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { BerthError } from "../../components/errors.ts";
import { asPod } from "../as-pod.ts";
import { findRunning, startInBackground, startWatchdog, stopInBackground } from "../background.ts";
import { writePrivately } from "../connect/vault-data.ts";
import { freePort } from "../postgres/ports.ts";
import { askVault } from "./request.ts";

/** Milliseconds until the server must be ready, on a busy machine. */
const readyWithin = 90_000;

/** How to start a Vault. */
export interface VaultOptions {
  /** Folder for its data and its keys. */
  readonly home: string;
  /** Path of the server. */
  readonly program: string;
  /** Folder with the files of its ServiceAccount, if it must find them as in a pod. */
  readonly account?: string;
  /** Process whose end, however it ends, stops Vault. @default - Vault stays */
  readonly owner?: number;
}

/** A Vault of this machine that is not sealed. */
export interface RunningVault {
  readonly home: string;
  /** URL. */
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
  let port = readPort(options.home);
  if (port === undefined || findRunning(files.pid) === undefined) {
    port = await freePort(port);
    writeFileSync(files.port, String(port));
    await launch(options, port);
  }
  const address = toAddress(port);
  await until(files, "it does not answer", async () => (await askStatus(address)) !== undefined);
  const { rootToken } = await unseal(files, address);
  // An active node answers 200. Right after the unsealing it is a standby.
  await until(files, "it does not become active", async () => {
    return (await askVault(address, { path: "sys/health" })).status === 200;
  });
  return { home: options.home, address, rootToken };
}

/** Seals a Vault, as after a restart of its node. */
export async function sealVault({ address, rootToken }: RunningVault): Promise<void> {
  await askVault(address, { method: "PUT", path: "sys/seal", token: rootToken });
}

/** Stops a Vault. Its data stay. */
export async function stopVault(home: string): Promise<void> {
  const files = toFiles(home);
  await stopInBackground(files.watchdogPid);
  await stopInBackground(files.pid);
}

/** Stops a Vault and removes its folder. */
export async function removeVault(home: string): Promise<void> {
  const files = toFiles(home);
  await stopInBackground(files.watchdogPid, "SIGKILL");
  await stopInBackground(files.pid, "SIGKILL");
  rmSync(home, { recursive: true, force: true, maxRetries: 5 });
}

type VaultFiles = ReturnType<typeof toFiles>;

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

async function launch({ home, program, account, owner }: VaultOptions, port: number): Promise<void> {
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
async function unseal(files: VaultFiles, address: string): Promise<Keys> {
  const status = await askStatus(address);
  if (status?.initialized === false) {
    const shares = { secret_shares: 1, secret_threshold: 1 };
    const { body } = await askVault(address, { method: "PUT", path: "sys/init", body: shares });
    const made = body as { keys_base64: [string]; root_token: string };
    const keys = { unsealKey: made.keys_base64[0], rootToken: made.root_token } satisfies Keys;
    writePrivately(files.keys, JSON.stringify(keys));
  }
  const keys = readKeys(files.keys);
  if (keys === undefined) {
    throw new BerthError(`Vault for development: ${files.storage} has data, but its keys are gone`, {
      hint: "npm start -- --down removes the sandbox, and npm start -- --vault makes another",
    });
  }
  const key = { key: keys.unsealKey };
  await askVault(address, { method: "PUT", path: "sys/unseal", body: key });
  return keys;
}

interface SealStatus {
  readonly initialized: boolean;
  readonly sealed: boolean;
}

/** undefined = it does not answer yet. */
async function askStatus(address: string): Promise<SealStatus | undefined> {
  try {
    const { status, body } = await askVault(address, { path: "sys/seal-status" });
    return status === 200 ? (body as unknown as SealStatus) : undefined;
  } catch {
    return undefined;
  }
}

async function until(
  files: VaultFiles,
  what: string,
  isReady: () => Promise<boolean>,
): Promise<void> {
  const deadline = Date.now() + readyWithin;
  while (!(await isReady())) {
    const isGone = findRunning(files.pid) === undefined;
    if (isGone || Date.now() > deadline) {
      const end = readFileSync(files.log, "utf8").trimEnd().split("\n").slice(-3);
      const how = isGone ? "it ended at once" : what;
      throw new BerthError(`Vault for development: ${how}:\n  ${end.join("\n  ")}`, {
        hint: `see ${files.log}`,
      });
    }
    await delay(50);
  }
}

function toAddress(port: number): string {
  return `http://127.0.0.1:${String(port)}`;
}

function readPort(home: string): number | undefined {
  const file = toFiles(home).port;
  return existsSync(file) ? Number(readFileSync(file, "utf8")) : undefined;
}

function readKeys(file: string): Keys | undefined {
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Keys) : undefined;
}
