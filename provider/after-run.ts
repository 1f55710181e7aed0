import { setTimeout as delay } from "node:timers/promises";
import { isAlive } from "../components/engine/is-alive.ts";
import { endRun } from "../components/engine/killed-run.ts";

/**
 * What the provider starts when a run is stopped: waits until the engine is gone, and takes away what the run has
 * left. Arguments: the engine's pid, the backend's folder, the project, the run's lock.
 */

/** How often to look: a new run of Pulumi asks for the lock after 200 ms or more. */
const CHECK_MS = 50;
/** A run that was stopped comes to its end much sooner. */
const LONGEST_MS = 3_600_000;

const [engine = "", folder = "", project = "", lock = ""] = process.argv.slice(2);
const start = Date.now();
while (isAlive(Number(engine)) && Date.now() - start < LONGEST_MS) await delay(CHECK_MS);
if (!isAlive(Number(engine))) endRun({ folder, project }, lock);
