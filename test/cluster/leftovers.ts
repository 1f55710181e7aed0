import { readdirSync, readFileSync } from "node:fs";
import net from "node:net";
import path from "node:path";

/**
 * Pids of what a run of Pulumi on the sandbox in `home` has started: the engine, the program and the
 * providers all have its backend in their environment, and the sandbox's servers have not.
 *
 * @param besides Names of programs that do not count.
 */
export function processesOf(home: string, besides: readonly string[] = []): string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && name !== String(process.pid))
    .filter((pid) => {
      try {
        const [program = ""] = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
        if (besides.includes(path.basename(program))) return false;
        return readFileSync(`/proc/${pid}/environ`, "utf8").includes(`file://${home}/state`);
      } catch {
        // Gone meanwhile, or not ours.
        return false;
      }
    });
}

/** Whether something listens on a port of this machine. */
export function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => {
      resolve(false);
    });
  });
}
