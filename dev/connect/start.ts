import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { readJsonIfThere } from "../../toolchain/read-if-there.ts";
import { findRunning, startInBackground, stopInBackground, waitUntilReady } from "../background.ts";
import { freePort } from "../postgres/ports.ts";

export interface ConnectFiles {
  readonly vault: string;
  readonly token: string;
  readonly connectPort: string;
  readonly connectPid: string;
  readonly connectLog: string;
}

const preferredPort = 18080;
const main = fileURLToPath(new URL("main.ts", import.meta.url));

/** Starts the stand-in, or finds it running. It keeps its port, so the next preview shows no change. @returns its URL */
export async function startConnectStandIn(files: ConnectFiles, token: string): Promise<string> {
  const known = readJsonIfThere(files.connectPort) as number | undefined;
  if (known !== undefined && findRunning(files.connectPid) !== undefined) {
    const url = `http://127.0.0.1:${String(known)}`;
    if (await answers(url, token)) return url;
  }
  await stopInBackground(files.connectPid);
  try {
    return await runConnectStandIn(files, token, await freePort(known ?? preferredPort));
  } catch (error) {
    // It ends if another program has taken the port in the meantime.
    if (findRunning(files.connectPid) !== undefined) throw error;
    return await runConnectStandIn(files, token, await freePort());
  }
}

/** Starts it, and returns its URL when it answers. */
async function runConnectStandIn(
  files: ConnectFiles,
  token: string,
  port: number,
): Promise<string> {
  writeFileSync(files.connectPort, String(port));
  const program = { pidFile: files.connectPid, logFile: files.connectLog };
  startInBackground({ ...program, args: [main, files.vault, files.token, String(port)] });
  const url = `http://127.0.0.1:${String(port)}`;
  const describe = (isGone: boolean): string =>
    `the stand-in for 1Password Connect ${isGone ? "ended" : "does not answer"}`;
  await waitUntilReady(program, describe, () => answers(url, token));
  return url;
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
