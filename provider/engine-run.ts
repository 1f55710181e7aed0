import { spawn } from "node:child_process";
import path from "node:path";
import { type FileBackend, findFileBackend } from "../components/engine/file-backend.ts";
import { endRun, findLock } from "../components/engine/killed-run.ts";

/**
 * Pulumi asks for its lock before it starts any program, so that what a run left when it was killed, or ended by
 * a second Ctrl-C, has to go before the next one begins. Where the machine itself went down, `npm run pulumi` is
 * left, or `pulumi cancel`.
 */

/** As the launcher saw it: by now the engine may be gone, and this process another's child. */
const engine = Number(process.env["BERTH_ENGINE_PID"]);

/**
 * Takes away what the run has left, once its engine is gone. One that came to its end has left nothing. Nobody is
 * there any more to be told of an error.
 *
 * @returns Whether the engine is gone: its children then get another parent.
 */
export function endRunOfGoneEngine(): boolean {
  if (process.ppid === engine) return false;
  try {
    const run = findRun();
    if (run !== undefined) endRun(run.backend, run.lock);
  } catch {
    // See above.
  }
  return true;
}

/**
 * Has what the run may leave taken away as soon as it is over, by a process that outlives it: a second Ctrl-C has
 * Pulumi end all plugins before itself.
 */
export function endRunOnceOver(): void {
  const run = findRun();
  if (run === undefined) return;
  const { folder, project } = run.backend;
  const script = path.join(import.meta.dirname, "after-run.ts");
  const args = [...process.execArgv, script, String(engine), folder, project, run.lock];
  spawn(process.execPath, args, { detached: true, stdio: "ignore", env: {} })
    // Without it the run ends as it would without Berth.
    .on("error", () => undefined)
    .unref();
}

/** undefined = it has no lock, as a preview, or the backend is of another kind. */
function findRun(): { readonly backend: FileBackend; readonly lock: string } | undefined {
  const backend = findFileBackend(path.dirname(import.meta.dirname), process.env);
  const lock = backend && findLock(backend, engine);
  return backend && lock !== undefined ? { backend, lock } : undefined;
}
