/**
 * A lock for one process at a time: a transaction of SQLite, which locks its file through the operating system.
 * That frees it when the process ends, however it ends, so no lock is ever left behind.
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { readJsonIfThere } from "./read-if-there.ts";

const pauseMs = 500;

/** What the owner says to those who wait. */
interface News {
  readonly pid: number;
  readonly line: string | undefined;
}

/**
 * Runs `work` while this process holds the lock `file`. While it waits, it reports the progress of the owner.
 * The file stays: it may be open in a process that waits.
 *
 * @param work Calls its argument to report progress, to its own user and to waiting processes.
 */
export async function withLock<T>(
  file: string,
  report: (line: string) => void,
  work: (say: (line: string) => void) => Promise<T>,
): Promise<T> {
  mkdirSync(dirname(file), { recursive: true });
  const news = `${file}.news`;
  const tell = (line?: string): void => {
    writeFileSync(news, JSON.stringify({ pid: process.pid, line } satisfies News));
  };
  const lock = new DatabaseSync(file);
  try {
    let heard: News | undefined;
    while (!tryLock(lock)) {
      const said = readJsonIfThere(news) as News | undefined;
      if (said !== undefined && said.pid !== heard?.pid) {
        report(`waiting for another Berth process (pid ${String(said.pid)}) to finish its part`);
      }
      if (said?.line !== undefined && said.line !== heard?.line) report(`  ${said.line.trim()}`);
      heard = said ?? heard;
      await sleep(pauseMs);
    }
    tell();
    return await work((line) => {
      report(line);
      tell(line);
    });
  } finally {
    if (lock.isTransaction) rmSync(news, { force: true });
    lock.close();
  }
}

/** https://sqlite.org/rescode.html#busy */
const busy = 5;

function tryLock(lock: DatabaseSync): boolean {
  try {
    lock.exec("BEGIN EXCLUSIVE");
    return true;
  } catch (error) {
    if ((error as { readonly errcode?: number }).errcode === busy) return false;
    throw error;
  }
}
