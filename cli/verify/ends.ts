/** What must end before the verb does, also when somebody stops it. */

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

const open = new Set<() => Promise<void>>();

/** Runs `use` and then `end`, once. A first signal runs what is open and then stops the process; a second stops it at once. */
export async function withEnd<T>(end: () => Promise<void>, use: () => Promise<T>): Promise<T> {
  let ending: Promise<void> | undefined;
  const once = (): Promise<void> => (ending ??= end());
  if (open.size === 0) for (const signal of signals) process.once(signal, stop);
  open.add(once);
  try {
    return await use();
  } finally {
    try {
      await once();
    } finally {
      open.delete(once);
      if (open.size === 0) for (const signal of signals) process.off(signal, stop);
    }
  }
}

function stop(signal: NodeJS.Signals): void {
  for (const one of signals) process.off(one, stop);
  void Promise.allSettled([...open].map((end) => end())).then(() => {
    process.kill(process.pid, signal);
  });
}
