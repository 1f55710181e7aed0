import { certificates } from "./certificates.ts";
import { commands } from "./commands.ts";
import { configRules } from "./config-rules.ts";
import { deliveryMutants } from "./delivery.ts";
import { diff } from "./diff.ts";
import { items } from "./items.ts";
import { inFile, type Mutant } from "./mutant.ts";
import { refusals } from "./refusals.ts";
import { verify } from "./verify.ts";

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
  ...commands,
];
