import { readdirSync, readFileSync } from "node:fs";

/** What the processes that a piece of work started have used; undefined where there is no /proc. */
export interface Usage {
  /** The most resident memory of all of them together. Pages that they share count for each. */
  readonly peak_mib: number | undefined;
  /** Processor time of all of them, user and system. Other programs hardly change it, unlike elapsed time. */
  readonly cpu_s: number | undefined;
}

interface Process {
  readonly parent: number;
  readonly name: string;
  readonly cpu_s: number;
  readonly mib: number;
}

/** Seldom enough to leave the processor to what is watched. */
const everyMs = 200;
/** What Linux has used for 20 years on every machine that Node runs on: `getconf CLK_TCK`, PAGESIZE. */
const ticksPerSecond = 100;
const pageMib = 4096 / 2 ** 20;

/** Does `work` and watches every process named `root` that this one has started, with all below it. */
export async function watchProcesses(root: string, work: () => Promise<void>): Promise<Usage> {
  if (process.platform !== "linux") {
    await work();
    return { peak_mib: undefined, cpu_s: undefined };
  }
  const cpu = new Map<number, number>();
  let peak = 0;
  const read = (): void => {
    const all = readProcesses();
    let sum = 0;
    for (const [pid, one] of all) {
      if (!isBelow(pid, root, all)) continue;
      cpu.set(pid, one.cpu_s);
      sum += one.mib;
    }
    peak = Math.max(peak, sum);
  };
  const timer = setInterval(read, everyMs);
  try {
    await work();
  } finally {
    clearInterval(timer);
  }
  return { peak_mib: Math.round(peak), cpu_s: [...cpu.values()].reduce((a, b) => a + b, 0) };
}

/** Whether a process is named `root`, or below one that is, and below this one. */
function isBelow(pid: number, root: string, all: ReadonlyMap<number, Process>): boolean {
  let isUnderRoot = false;
  let at = pid;
  for (let one = all.get(at); one !== undefined && at !== process.pid; one = all.get(at)) {
    isUnderRoot ||= one.name === root;
    at = one.parent;
  }
  return isUnderRoot && at === process.pid;
}

/** All processes, from /proc/PID/stat; see proc_pid_stat(5). */
function readProcesses(): ReadonlyMap<number, Process> {
  const found = new Map<number, Process>();
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const text = readFileSync(`/proc/${pid}/stat`, "utf8");
      const end = text.lastIndexOf(")");
      const fields = text.slice(end + 2).split(" ");
      found.set(Number(pid), {
        parent: Number(fields[1]),
        name: text.slice(text.indexOf("(") + 1, end),
        cpu_s: (Number(fields[11]) + Number(fields[12])) / ticksPerSecond,
        mib: Number(fields[21]) * pageMib,
      });
    } catch {
      // It has ended meanwhile.
    }
  }
  return found;
}
