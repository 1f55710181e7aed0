import { execa } from "execa";
import type { Bed } from "./bed.ts";

/** What the CLI started: the program, or the provider, which may be there more than once. */
export async function findStarted(cli: number, kind: string): Promise<number[]> {
  const { stdout } = await execa("ps", ["-A", "-o", "pid=,ppid=,args="]);
  const processes = stdout.split("\n").map((line) => {
    const [, pid = "", parent = "", command = ""] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    return { pid: Number(pid), parent: Number(parent), command };
  });
  const family = new Set([cli]);
  // A child may be listed before its parent.
  for (let size = 0; size < family.size; ) {
    size = family.size;
    for (const { pid, parent } of processes) if (family.has(parent)) family.add(pid);
  }
  const pattern = kind === "the provider" ? /^\S*node\S* .*provider\/main\.ts/ : /cmd\/run/;
  return processes
    .filter(({ pid, command }) => family.has(pid) && pattern.test(command))
    .map(({ pid }) => pid);
}

/** A process that is over already is no error. */
export function killQuietly(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** What state has of a run that did not come to its end. */
export async function pendingOperations(
  bed: Bed,
  env?: Readonly<Record<string, string>>,
): Promise<unknown[]> {
  const { output } = await bed.pulumi(["stack", "export"], env);
  const { deployment } = JSON.parse(output) as { deployment: { pending_operations?: unknown[] } };
  return deployment.pending_operations ?? [];
}
