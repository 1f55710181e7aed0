import { setTimeout as delay } from "node:timers/promises";
import { isAlive } from "../toolchain/processes.ts";
import { stopInBackground } from "./background.ts";

/** `watchdog.ts <pid> <pid file>…`: ends programs in this order when the process that started them has ended. */
const [, , owner = "", ...pidFiles] = process.argv;

while (isAlive(Number(owner))) await delay(250);
for (const pidFile of pidFiles) await stopInBackground(pidFile, "SIGKILL");
