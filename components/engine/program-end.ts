/** To the language host: the user has been told why. `cmd/run` of Pulumi's SDK ends with it after an error, too. */
const toldExitCode = 32;

/**
 * Fails the program unless it comes to its end. A promise that nothing will ever settle lets Node run out
 * of work in the middle of the program and exit with 0, which Pulumi takes for a program that no longer
 * wants what it did not come to, and deletes it. What ends it with an error has been told already.
 *
 * @returns To be called when every resource has been made.
 */
export function expectEnd(): () => void {
  let isTold = false;
  const noteError = (): void => {
    isTold = true;
  };
  const fail = (): void => {
    if (isTold) process.exit(toldExitCode);
    process.stderr.write(
      "Berth's program stopped before its end, so nothing was deleted or changed on its word\n  fix: run the same command again; if it stays so, report it as a bug\n",
    );
    process.exit(1);
  };
  const errors = ["uncaughtException", "unhandledRejection"] as const;
  for (const event of errors) process.once(event, noteError);
  process.once("beforeExit", fail);
  return () => {
    for (const event of errors) process.off(event, noteError);
    process.off("beforeExit", fail);
  };
}
