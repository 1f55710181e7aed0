/**
 * Ignores that the reader of the output has ended, as in `npm run verify | head`. The verb still runs to its
 * end: `rotate` must not stop halfway.
 */
export function ignoreClosedPipe(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE") throw error;
    });
  }
}
