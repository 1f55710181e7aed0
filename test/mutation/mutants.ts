import { certificates } from "./certificates.ts";
import { deliveryMutants } from "./delivery.ts";
import { diff } from "./diff.ts";
import { items } from "./items.ts";
import { inFile, type Mutant } from "./mutant.ts";
import { refusals } from "./refusals.ts";
import { verify } from "./verify.ts";

const configRules: readonly Mutant[] = [
  ...inFile(
    "components/config/rules/names.ts",
    ["test/config/rules/names.test.ts"],
    [
      ["pg_ being Postgres' own", 'name.startsWith("pg_")', "false"],
      ["a list of reserved names", "postgres.reserved.includes(name)", "false"],
      ["PUBLIC being nobody's name", 'name.toLowerCase() === "public"', "false"],
      ["the maintenance database being nobody's", "name === postgres.maintenanceDatabase", "false"],
      ["the admin's item being nobody else's", "item.item === admin.item", "false"],
    ],
  ),
  ...inFile(
    "components/config/rules/memberships.ts",
    ["test/config/rules/memberships.test.ts", "test/config/derive/readers.test.ts"],
    [
      ["groups that no app may join", "if (reason === undefined) return [];", "return [];"],
      ["a look for the apps that a role reads", "!others.includes(name)", "false"],
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
    ],
  ),
  ...inFile(
    "components/config/derive/readers.ts",
    ["test/config/derive/readers.test.ts"],
    [
      ["a role by which an app is read", "toReads(role).includes(name)", "false"],
      ["a membership in it", "toReads(role).map((other) => readerRoleName(other, name))", "[]"],
    ],
  ),
  ...inFile(
    "components/config/rules/privileges.ts",
    ["test/config/entry-content.test.ts"],
    [
      ["a schema for each privilege", "isKnown(schema)", "true"],
      ["patterns for the registry", "patterns.length === 0", "true"],
      ["names for the registry", "name !== undefined)", "false)"],
    ],
  ),
  ...inFile(
    "components/config/rules/delivery.ts",
    ["test/config/rules/delivery.test.ts", "test/secrets/external-secret.test.ts"],
    [
      ["a look for items named by their ids", "idPattern.test(item)", "false"],
      ["a context for the cluster", 'spec.cluster?.context === ""', "false"],
    ],
  ),
  ...inFile(
    "components/config/rules/job.ts",
    ["test/delivery/provisioning-job.test.ts"],
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

const postgresRules: readonly Mutant[] = [
  ...inFile(
    "components/postgres/rules/adoption.ts",
    ["test/postgres/rules/adoption.test.ts"],
    [["a look at who owns the database", "live.owner !== database.owner", "false"]],
  ),
  ...inFile(
    "components/postgres/rules/rights.ts",
    ["test/postgres/rules/adoption.test.ts"],
    [
      ["a refusal to adopt a role with rights", "attributes.length === 0", "true"],
      ["a refusal to adopt the admin", "live.name === server.admin", "false"],
    ],
  ),
  ...inFile(
    "components/postgres/rules/lost-database.ts",
    ["test/provider/app-database/retire.postgres.test.ts"],
    [
      ["a stop at half a database", "live?.connectionLimit === halfDropped", "false"],
      ["a stop where the database is gone", "!known.isKnown || known.recreate", "true"],
    ],
  ),
  ...inFile(
    "components/config/schema/settings.ts",
    ["test/config/rules/settings.test.ts"],
    [["settings that no entry may set", "Object.hasOwn(refused, name)", "false"]],
  ),
  ...inFile(
    "components/postgres/rules/groups.ts",
    ["test/postgres/diff/every-rule.test.ts"],
    [
      ["a look whether the group is there", "found === undefined", "found === null"],
      ["a refusal of a superuser as a group", "found.isSuperuser", "false"],
      ["a look at what the admin may give", "found.adminMayAlter", "true"],
    ],
  ),
  ...inFile(
    "components/postgres/rules/server.ts",
    ["test/postgres/registry/decide.test.ts"],
    [
      [
        "a look whether it is the server",
        "postgres.systemIdentifier === facts.systemIdentifier",
        "true",
      ],
      ["a refusal of a standby", "isBroken: facts.isStandby", "isBroken: false"],
      ["a refusal of a server that is too old", "facts.versionNumber < oldestVersion", "false"],
      ["a refusal of an ownership role with rights", "!hasRights(live)", "true"],
    ],
  ),
];

export const mutants: readonly Mutant[] = [
  ...configRules,
  ...certificates,
  ...postgresRules,
  ...diff,
  ...verify,
  ...deliveryMutants,
  ...refusals,
  ...items,
];
