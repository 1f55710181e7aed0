import { readFileSync, readlinkSync } from "node:fs";

/** Whether there is a process with this pid, be it another user's. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/**
 * Names the place that pids are valid in: this boot of this machine, and its pid namespace. Containers may have
 * one hostname and one folder together, and then one pid means two processes.
 *
 * @returns undefined = it cannot be known: no Linux, or /proc is that of another namespace.
 */
export function findPidSpace(): string | undefined {
  try {
    if (readlinkSync("/proc/self") !== String(process.pid)) return undefined;
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    return `${boot} ${readlinkSync("/proc/self/ns/pid")}`;
  } catch {
    return undefined;
  }
}
