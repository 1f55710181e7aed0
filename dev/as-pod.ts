import { execa } from "execa";
import { BerthError } from "../components/errors.ts";
import type { BackgroundProgram } from "./background.ts";

/** In a mount that only this process sees, so nothing changes on this machine. */
const script = `set -e
files=$1
shift
mount -t tmpfs tmpfs /var/run
mkdir -p /var/run/secrets/kubernetes.io/serviceaccount
cp "$files"/* /var/run/secrets/kubernetes.io/serviceaccount/
exec "$@"`;

/**
 * Runs a program with the files of a ServiceAccount where a pod has them.
 *
 * @param what The program, for an error.
 * @param folder The files, as `namespace`, `token` and `ca.crt`.
 */
export async function asPod(
  what: string,
  folder: string,
  program: readonly string[],
): Promise<Required<Pick<BackgroundProgram, "command" | "args" | "knownBy">>> {
  const unshare = await findUnshare(what);
  const args = [...unshare, "sh", "-c", script, "sh", folder, ...program];
  return { command: "unshare", args, knownBy: program };
}

/** Options of `unshare` for a private mount: as root, or with a user namespace. */
async function findUnshare(what: string): Promise<string[]> {
  const ways = [["--mount"], ["--map-root-user", "--mount"]];
  for (const way of ways) {
    const check = ["sh", "-c", "mount -t tmpfs tmpfs /var/run"];
    const { exitCode } = await execa("unshare", [...way, ...check], { reject: false });
    if (exitCode === 0) return way;
  }
  throw new BerthError(`${what} cannot be started on this machine`, {
    hint: "it needs a private mount (unshare --mount): use Linux, as root or with unprivileged user namespaces (sysctl kernel.apparmor_restrict_unprivileged_userns=0 on Ubuntu)",
  });
}
