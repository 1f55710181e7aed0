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
    "cli/add/values.ts",
    ["test/cli/add/values.test.ts"],
    [
      ["check-and-set of a value in Vault", "options: { cas: version }", "options: {}"],
      ["a look at the keys that Vault has", "!state.keys.includes(key)", "true"],
      ["a look at the version of a KV engine", 'options?.version === "2"', "true"],
    ],
  ),
  ...inFile(
    "cli/doctor/vault-objects.ts",
    ["test/cli/doctor/vault.test.ts"],
    [["a comparison of Vault with its plan", "return texts.length === 0 ? []", "return true ? []"]],
  ),
  ...inFile(
    "toolchain/lock.ts",
    ["test/toolchain/lock.test.ts"],
    [["a lock", "BEGIN EXCLUSIVE", "BEGIN"]],
  ),
];
