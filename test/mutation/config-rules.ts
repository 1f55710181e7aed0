import { inFile, type Mutant } from "./mutant.ts";

export const configRules: readonly Mutant[] = [
  ...inFile(
    "components/config/rules/content.ts",
    ["test/config/databases.test.ts"],
    [
      [
        "a refusal of two databases by the registry",
        "if (names.length === 1) return [];",
        "return [];",
      ],
    ],
  ),
  ...inFile(
    "components/config/rules/keys.ts",
    ["test/config/databases.test.ts"],
    [["a look at the databases of a key", "!names.includes(name)", "name === undefined"]],
  ),
  ...inFile(
    "components/config/rules/names.ts",
    ["test/config/rules/names.test.ts"],
    [
      ["pg_ being Postgres' own", 'name.startsWith("pg_")', "false"],
      ["a list of reserved names", "postgres.reserved.includes(name)", "false"],
      ["PUBLIC being nobody's name", 'name.toLowerCase() === "public"', "false"],
      ["the maintenance database being nobody's", "name === postgres.maintenanceDatabase", "false"],
      ["the name of what apps share being no app's", "name === SHARED", "false"],
      ["the admin's item being nobody else's", "item.item === admin.item", "false"],
    ],
  ),
  ...inFile(
    "components/config/rules/memberships.ts",
    ["test/config/rules/memberships.test.ts", "test/config/derive/readers.test.ts"],
    [
      ["groups that no app may join", "if (reason === undefined) return [];", "return [];"],
      ["a look for the apps that a role reads", "!names.has(name)", "false"],
      ["groups with the rights of a superuser", "superuserGroups.includes(group)", "false"],
      ["a look for circles", "if (way.includes(one))", "if (false)"],
    ],
  ),
  ...inFile(
    "components/config/rules/content.ts",
    ["test/config/entry-content.test.ts"],
    [
      ["a look for what is listed twice", "names.indexOf(name) !== index", "false"],
      ["a schema for each extension", "!schemas.includes(schema)", "false"],
      ["a refusal of a search_path of no schema by the registry", 'part === ""', "false"],
    ],
  ),
  ...inFile(
    "components/config/derive/readers.ts",
    ["test/config/derive/readers.test.ts"],
    [
      ["a role by which an app is read", "name !== app)", "false)"],
      ["a membership in it", "toReads(role).map((other) => readerRoleName(other, name))", "[]"],
    ],
  ),
  ...inFile(
    "components/once-each.ts",
    ["test/growth.test.ts"],
    [["an answer that is kept", "known.get(of) ??", ""]],
  ),
  ...inFile(
    "components/config/rules/privileges.ts",
    ["test/config/entry-content.test.ts"],
    [
      ["a schema for each privilege", "isKnown(schema)", "true"],
      ["patterns for the registry", "patterns.length > 0", "false"],
      ["names for the registry", "name !== undefined)", "false)"],
    ],
  ),
  ...inFile(
    "components/config/rules/manifests/delivery.ts",
    ["test/config/rules/manifests/delivery.test.ts", "test/secrets/external-secret.test.ts"],
    [
      ["a look for items named by their ids", "isItemId(item)", "false"],
      ["a context for the cluster", 'spec.cluster?.context === ""', "false"],
    ],
  ),
  ...inFile(
    "components/config/rules/manifests/job.ts",
    ["test/delivery/jobs/provisioning.test.ts"],
    [["a pinned server for a Job", "spec.postgres.systemIdentifier === undefined", "false"]],
  ),
  ...inFile(
    "components/config/rules/retirement.ts",
    ["test/config/rules/retirement.test.ts"],
    [
      [
        "a refusal of a confirmation that contradicts the entry",
        'app === undefined || app.reclaimPolicy === "delete"',
        "true",
      ],
    ],
  ),
];
