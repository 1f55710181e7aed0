import { existsSync, rmSync } from "node:fs";
import { findRunning, stopInBackground } from "../background.ts";
import { type ClusterFiles, type Program, programs, toFiles } from "./files.ts";

/** Whether the cluster's API server runs. */
export function isClusterRunning(home: string): boolean {
  return findRunning(toFiles(home).pid("api-server")) !== undefined;
}

/** Stops everything that runs; what etcd holds stays. */
export async function stopCluster(home: string): Promise<void> {
  if (!existsSync(home)) return;
  const files = toFiles(home);
  for (const program of programs) await stopProgram(files, program);
}

/** Stops everything and removes what the cluster made. */
export async function removeCluster(home: string): Promise<void> {
  if (!existsSync(home)) return;
  const files = toFiles(home);
  for (const program of programs) await stopProgram(files, program, "SIGKILL");
  rmSync(home, { recursive: true, force: true, maxRetries: 5 });
}

/** Ends one program of the cluster; after SIGKILL it had no time to do anything about it. */
export async function stopProgram(
  files: ClusterFiles,
  program: Program,
  signal: "SIGTERM" | "SIGKILL" = "SIGTERM",
): Promise<boolean> {
  return await stopInBackground(files.pid(program), signal);
}
