/** Exit code for the language host: the error is already reported. `cmd/run` of Pulumi's SDK uses it too. */
const reportedExitCode = 32;

/**
 * Fails the program if it stops before its end. If the program waits for a promise that never settles, Node runs
 * out of work and exits with 0. Pulumi would then delete every resource that the program did not reach. An error
 * that ends the program is already reported.
 *
 * @returns Call it when every resource is registered.
 */
export function expectEnd(): () => void {
  let isReported = false;
  const noteError = (): void => {
    isReported = true;
  };
  const fail = (): void => {
    if (isReported) process.exit(reportedExitCode);
    process.stderr.write(
      "Berth's program stopped before its end, so Pulumi deleted nothing\n  fix: run the same command again; if it stays so, report it as a bug\n",
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
