import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { BerthError } from "../../components/errors.ts";
import { findRunning, startInBackground, stopInBackground } from "../background.ts";
import { freePort } from "../postgres/ports.ts";

/** Files of a sandbox's stand-in. */
export interface ConnectFiles {
  readonly vault: string;
  readonly token: string;
  readonly connectPort: string;
  readonly connectPid: string;
  readonly connectLog: string;
}

const preferredPort = 18080;

/** Starts the stand-in, or finds it running. It keeps its port, so the next preview shows no change. */
export async function startConnectStandIn(
  files: ConnectFiles,
  token: string,
): Promise<{ url: string; isReused: boolean }> {
  const known = existsSync(files.connectPort)
    ? Number(readFileSync(files.connectPort, "utf8"))
    : undefined;
  if (known !== undefined && findRunning(files.connectPid) !== undefined) {
    const url = `http://127.0.0.1:${String(known)}`;
    if (await answers(url, token)) return { url, isReused: true };
  }
  await stopInBackground(files.connectPid);
  const port = await freePort(known ?? preferredPort);
  const url = await tryConnectStandIn(files, token, port);
  if (url !== undefined) return { url, isReused: false };
  // Another program may have taken the port in the meantime.
  const other = await tryConnectStandIn(files, token, await freePort());
  if (other !== undefined) return { url: other, isReused: false };
  throw new BerthError("the stand-in for 1Password Connect did not start", {
    hint: `see ${files.connectLog}`,
  });
}

/** Its URL when it answers; undefined = it ended, or took too long. */
async function tryConnectStandIn(
  files: ConnectFiles,
  token: string,
  port: number,
): Promise<string | undefined> {
  writeFileSync(files.connectPort, String(port));
  startInBackground({
    pidFile: files.connectPid,
    logFile: files.connectLog,
    args: [
      fileURLToPath(new URL("main.ts", import.meta.url)),
      "--vault",
      files.vault,
      "--port",
      String(port),
      "--token-file",
      files.token,
    ],
  });
  const url = `http://127.0.0.1:${String(port)}`;
  for (let waited = 0; waited < 15_000; waited += 50) {
    if (await answers(url, token)) return url;
    if (findRunning(files.connectPid) === undefined) return undefined;
    await delay(50);
  }
  return undefined;
}

async function answers(url: string, token: string): Promise<boolean> {
  try {
    const headers = { Authorization: `Bearer ${token}` };
    const answer = await fetch(`${url}/v1/vaults`, { headers, signal: AbortSignal.timeout(2000) });
    return answer.ok;
  } catch {
    return false;
  }
}
