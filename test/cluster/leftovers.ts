import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { isListening } from "../fakes/listening.ts";
import type { ClusterBed } from "./cluster-bed.ts";

/** A session in Postgres. */
export interface Session {
  /** What it calls itself. */
  readonly name: string;
  readonly state: string;
  readonly query: string;
}

/** What a run may leave behind. */
interface Leftovers {
  readonly processes: readonly string[];
  /** Whether the local port of the tunnel still answers. */
  readonly port: boolean;
  /** Port-forwards that the API server holds open, which it does as long as their client is there. */
  readonly forwards: number;
  /** Those of the admin. */
  readonly sessions: readonly Session[];
}

export const nothing: Leftovers = { processes: [], port: false, forwards: 0, sessions: [] };

/**
 * What a run of Pulumi on a bed has left behind.
 *
 * @param except Names of programs that do not count.
 */
export async function findLeftovers(
  cluster: ClusterBed,
  except: readonly string[] = [],
): Promise<Leftovers> {
  return {
    processes: processesOf(cluster.bed.sandbox.home, except),
    port: await isListening(cluster.localPort),
    forwards: countConnectionsTo(cluster.nodePort),
    sessions: await cluster.bed.sql(
      "select application_name as name, state, query from pg_stat_activity where usename = 'coachlight_admin'",
    ),
  };
}

/** Open TCP connections of any process to a port of this machine, as the kernel lists them. */
function countConnectionsTo(port: number): number {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  const established = "01";
  return ["/proc/net/tcp", "/proc/net/tcp6"]
    .flatMap((file) => readFileSync(file, "utf8").split("\n"))
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , peer, state]) => peer?.endsWith(suffix) === true && state === established).length;
}

/**
 * Pids of what a run of Pulumi on the sandbox in `home` has started: the engine, the program and the
 * providers all have its backend in their environment, and the sandbox's servers have not.
 *
 * @param except Names of programs that do not count.
 */
export function processesOf(home: string, except: readonly string[] = []): string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && name !== String(process.pid))
    .filter((pid) => {
      try {
        const [program = ""] = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
        if (except.includes(path.basename(program))) return false;
        return readFileSync(`/proc/${pid}/environ`, "utf8").includes(`file://${home}/state`);
      } catch {
        // Gone meanwhile, or not ours.
        return false;
      }
    });
}
