import { setTimeout as delay } from "node:timers/promises";
import { isAlive } from "../../toolchain/processes.ts";
import { programs, toFiles } from "./files.ts";
import { stopProgram } from "./stop.ts";

/** `watchdog.ts <pid> <home>`: ends a cluster's programs when the process that started them has ended. */
const [, , owner = "", home = ""] = process.argv;
const files = toFiles(home);

while (isAlive(Number(owner))) await delay(250);
for (const program of programs) {
  if (program !== "watchdog") await stopProgram(files, program, "SIGKILL");
}
