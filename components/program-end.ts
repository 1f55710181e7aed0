/**
 * Fails the program unless it comes to its end. A promise that nothing will ever settle lets Node run out
 * of work in the middle of the program and exit with 0, which Pulumi takes for a program that no longer
 * wants what it did not come to, and deletes it.
 *
 * @returns To be called when every resource has been made.
 */
export function expectEnd(): () => void {
  const fail = (): void => {
    process.stderr.write(
      "Berth's program stopped before its end, so nothing was deleted or changed on its word\n  fix: run the same command again; if it stays so, report it as a bug\n",
    );
    process.exit(1);
  };
  process.once("beforeExit", fail);
  return () => {
    process.off("beforeExit", fail);
  };
}
