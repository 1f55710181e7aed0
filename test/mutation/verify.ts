import { inFile, type Mutant } from "./mutant.ts";

export const verify: readonly Mutant[] = [
  ...inFile(
    "cli/verify/app.ts",
    ["test/provider/app-database/several.postgres.rows.test.ts"],
    [["a look into each database of an app", "of eachDatabase(app))", "of [app])"]],
  ),
  ...inFile(
    "cli/verify/role.ts",
    ["test/cli/verify/verb.postgres.test.ts"],
    [
      ["a look at a role's attributes", "attributes.length > 0", "false"],
      ["a look at what a role may become", "mayBecome.length > 0", "false"],
      ["a look at privileges", "findDeviations(plan, role, live)", "[].slice()"],
    ],
  ),
  ...inFile(
    "cli/verify/neighbours.ts",
    ["test/cli/verify/verb.postgres.test.ts"],
    [["a look into other apps' databases", "rest.filter(mayEnter)", "rest.slice(rest.length)"]],
  ),
  ...inFile(
    "cli/verify/objects.ts",
    ["test/cli/verify/verb.postgres.test.ts"],
    [
      [
        "a refusal for want of a privilege",
        'return { ok: false, detail: "it was not refused" };',
        'return { ok: true, detail: "" };',
      ],
      [
        "a trial of what must work",
        "if (outcome !== undefined) broken.push(",
        "if (false) broken.push(",
      ],
    ],
  ),
  ...inFile(
    "cli/verify/app.ts",
    ["test/cli/verify/verb.postgres.test.ts"],
    [
      [
        "a look at what PUBLIC holds on the database",
        "openDatabases.get(database)?.privileges ?? []",
        "[]",
      ],
    ],
  ),
  ...inFile(
    "cli/verify/two-logins.ts",
    ["test/cli/verify/two-logins.test.ts", "test/cli/verify/vault.postgres.test.ts"],
    [
      ["a check of the role that a login sets", "me === setRole ?", "true ?"],
      ["a look at what the logins own", "rows.map(", "rows.slice(rows.length).map("],
    ],
  ),
  ...inFile(
    "cli/verify/contents.ts",
    ["test/cli/verify/circumstances.postgres.test.ts"],
    [
      [
        "a trial to alter an extension's function",
        "outcome === undefined ? [] : [{ what, fix: runUp }]",
        "[]",
      ],
    ],
  ),
  ...inFile(
    "cli/verify/lease.ts",
    ["test/cli/verify/vault.postgres.test.ts"],
    [
      ["the end of a lease", "await revoke(vault, lease.id)", "await Promise.resolve()"],
      [
        "a look whether a lease's login is gone",
        "const wrong = isThere",
        "const wrong = isThere && false",
      ],
    ],
  ),
  ...inFile(
    "cli/verify/ends.ts",
    ["test/cli/verify/ends.test.ts"],
    [["the end of a lease at Ctrl-C", "[...open].map((end) => end())", "[]"]],
  ),
];
