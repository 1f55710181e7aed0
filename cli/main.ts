import { runProgram } from "./program.ts";
import { endOnFault } from "./terminal/end-on-fault.ts";
import { outliveOutput } from "./terminal/outlive-output.ts";

/** Berth's verbs. Exit code 0: no problem. 1: the verb found a problem. 2: it could not run. */

endOnFault();
outliveOutput();
await runProgram(process.argv.slice(2));
