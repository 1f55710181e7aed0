import { rmSync } from "node:fs";
import { findRunning, stopInBackground } from "../background.ts";
import { programs, toFiles } from "./files.ts";

export function isClusterRunning(home: string): boolean {
  return findRunning(toFiles(home).pid("api-server")) !== undefined;
}

/** Stops all programs. The data of etcd stays. */
export async function stopCluster(home: string, signal?: "SIGKILL"): Promise<void> {
  const files = toFiles(home);
  for (const program of programs) await stopInBackground(files.pid(program), signal);
}

export async function removeCluster(home: string): Promise<void> {
  await stopCluster(home, "SIGKILL");
  rmSync(home, { recursive: true, force: true, maxRetries: 5 });
}
