import { add } from "./commands/add.ts";
import { adopt } from "./commands/adopt.ts";
import { doctor } from "./commands/doctor.ts";
import { init } from "./commands/init.ts";
import { plan } from "./commands/plan.ts";
import { preview } from "./commands/preview.ts";
import { report } from "./commands/report.ts";
import { rotate } from "./commands/rotate.ts";
import { verify } from "./commands/verify.ts";

/** All verbs, in the order of the help. */
export const verbs = [init, doctor, plan, preview, report, verify, rotate, add, adopt] as const;
