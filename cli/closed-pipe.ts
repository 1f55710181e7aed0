/**
 * Goes on where the reader of the output has seen enough, as in `npm run verify | head`. The command comes to its
 * end all the same: `rotate` must not stop halfway.
 */
export function ignoreClosedPipe(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE") throw error;
    });
  }
}
