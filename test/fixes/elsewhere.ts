import { ofVerbs } from "./elsewhere-cli.ts";
import { ofRooms } from "./elsewhere-components.ts";
import { ofVault } from "./elsewhere-vault.ts";
import type { Tried } from "./trial.ts";

/**
 * Fixes that a test of their own room tries: how the fix begins, the test's file below `test/`, and a part of its title.
 * `fixes.test.ts` says which are missing.
 */

/** All fixes of these folders: a table with a row for each code or check. */
export const ofTables: readonly (readonly [folder: string, file: string, title: string])[] = [
  [
    "components/postgres/rules/",
    "provider/app-database/fixes.postgres.rows.test.ts",
    "has a row for each problem",
  ],
  [
    "components/postgres/diff/",
    "provider/app-database/fixes.postgres.rows.test.ts",
    "has a row for each problem",
  ],
  ["cli/verify/", "cli/verify/verb.postgres.test.ts", "says what fixes it"],
  ["components/config/parse.ts", "config/fixes.test.ts", "the table has each fix"],
  ["components/config/mistakes.ts", "config/fixes.test.ts", "the table has each fix"],
  ["components/config/yaml/plain-words.ts", "config/fixes.test.ts", "the table has each fix"],
  ["components/config/secret-values.ts", "config/fixes.test.ts", "the table has each fix"],
  ["components/config/rules/", "config/fixes.test.ts", "the table has each fix"],
];

export const elsewhere: Readonly<Record<string, readonly Tried[]>> = {
  ...ofVerbs,
  ...ofRooms,
  ...ofVault,
};

/** What no test can do, or what a run cannot end with any more. */
export const beyond: readonly (readonly [file: string, fix: string, reason: string])[] = [
  ...[
    "install Node …",
    "install it from https://www.pulumi.com",
    "pulumi install gets them",
    "node toolchain/run.mjs toolchain/main.ts",
  ].map((fix) => ["cli/doctor/machine.ts", fix, "it installs a program"] as const),
  ["cli/doctor/onepassword.ts", "install it: https://", "it installs a program"],
  ["cli/preview/verb.ts", "install Pulumi", "it installs a program"],
  ["cli/rotate/run-pulumi.ts", "install Pulumi", "it installs a program"],
  ["cli/rotate/verb.ts", "to end those that there are: vault lease revoke", "no Vault is here"],
  ["cli/report/page/model.ts", "run the app's Job", "it is what job.full.test.ts is about"],
  [
    "cli/doctor/server-state.ts",
    "look for a newer Berth",
    "no server is newer than those that Berth knows",
  ],
  [
    "cli/doctor/stack.ts",
    "give yourself the right to write to it",
    "the tests may write everywhere",
  ],
  [
    "components/tunnel/local-port.ts",
    "set … to a free port from 1024 on",
    "the tests may open every port",
  ],
  [
    "components/postgres/statements/failure.ts",
    "a superuser sees where … is set",
    "Berth's sessions set both timeouts, so no run ends with it",
  ],
  [
    "provider/app-database/up.ts",
    "see who: SELECT pid",
    "nothing here takes back what a run grants as fast as it grants",
  ],
  [
    "provider/app-database/handler.ts",
    "make it with new BerthProvider",
    "it is for who writes a program of their own",
  ],
  [
    "provider/app-database/provider-config.ts",
    "make the provider with",
    "it is for who writes a program of their own",
  ],
  [
    "cli/doctor/cluster/access.ts",
    "… get --raw /version",
    "it only shows what the API server answers",
  ],
  ...[
    ["cli/doctor/vault.ts", "vault status, with the same variables"],
    ["cli/doctor/vault.ts", "vault list sys/leases/lookup"],
    ["cli/doctor/vault-values.ts", "vault kv get, with the same variables"],
  ].map(([file = "", fix = ""]) => [file, fix, "it only shows what Vault answers"] as const),
  [
    "components/postgres/statements/failure.ts",
    "the server refuses the value",
    "a rule finds such a value before, and has a row",
  ],
  ["components/errors.ts", "…", "it puts together what others give it"],
  ...[
    "another session created it at the same moment",
    "another session changed the same thing at the same moment",
    "the server has no memory or no lock left",
    "the statement ran into its time limit",
  ].map(
    (fix) =>
      [
        "components/postgres/statements/failure.ts",
        fix,
        "it says to run again once others are done",
      ] as const,
  ),
];
