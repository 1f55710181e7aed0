import { readFileSync, readlinkSync } from "node:fs";

/** Whether a process with this pid exists, also if it is another user's. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/**
 * Identifies where pids are valid: this boot of this machine, and its pid namespace. Containers may share a
 * hostname and a folder, and then one pid can mean two processes.
 *
 * @returns undefined = unknown: not Linux, or /proc belongs to another namespace.
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
