import { inFile, type Mutant } from "./mutant.ts";

/** Of the command line, and of what `npm start` rests on. */
export const commands: readonly Mutant[] = [
  ...inFile(
    "cli/npm-options.ts",
    ["test/cli/app-argument.test.ts"],
    [["a look at the options that npm took", "taken.length === 0", "true"]],
  ),
  ...inFile(
    "cli/define-verb.ts",
    ["test/cli/app-argument.test.ts"],
    [["a refusal of two apps", "app !== undefined && app !== argument", "false"]],
  ),
  ...inFile(
    "cli/verify/verb.ts",
    ["test/provider/app-database/readers.postgres.rows.test.ts"],
    [["the apps that verify is asked for", "selected.map((app)", "spec.apps.map((app)"]],
  ),
  ...inFile(
    "toolchain/lock.ts",
    ["test/toolchain/lock.test.ts"],
    [["a lock", "BEGIN EXCLUSIVE", "BEGIN"]],
  ),
];
