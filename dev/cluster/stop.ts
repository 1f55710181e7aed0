import { existsSync, rmSync } from "node:fs";
import { findRunning, stopInBackground } from "../background.ts";
import { type ClusterFiles, type Program, programs, toFiles } from "./files.ts";

/** Whether the cluster's API server runs. */
export function isClusterRunning(home: string): boolean {
  return findRunning(toFiles(home).pid("api-server")) !== undefined;
}

/** Stops all programs. The data of etcd stays. */
export async function stopCluster(home: string): Promise<void> {
  if (!existsSync(home)) return;
  const files = toFiles(home);
  for (const program of programs) await stopProgram(files, program);
}

/** Stops all programs and removes the cluster's folder. */
export async function removeCluster(home: string): Promise<void> {
  if (!existsSync(home)) return;
  const files = toFiles(home);
  for (const program of programs) await stopProgram(files, program, "SIGKILL");
  rmSync(home, { recursive: true, force: true, maxRetries: 5 });
}

/** Ends one program of the cluster. */
export async function stopProgram(
  files: ClusterFiles,
  program: Program,
  signal: "SIGTERM" | "SIGKILL" = "SIGTERM",
): Promise<boolean> {
  return await stopInBackground(files.pid(program), signal);
}
