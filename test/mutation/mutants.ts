import { certificates } from "./certificates.ts";
import { commands } from "./commands.ts";
import { configRules } from "./config-rules.ts";
import { deliveryMutants } from "./delivery.ts";
import { diff } from "./diff.ts";
import { items } from "./items.ts";
import { inFile, type Mutant } from "./mutant.ts";
import { refusals } from "./refusals.ts";
import { vaultMutants } from "./vault.ts";
import { vaultConnection } from "./vault-connection.ts";
import { verify } from "./verify.ts";

const postgresRules: readonly Mutant[] = [
  ...inFile(
    "components/postgres/catalog/settings.ts",
    ["test/postgres/rules/adoption.test.ts"],
    [["a search_path of no schema", 'return [""]', "return []"]],
  ),
  ...inFile(
    "components/postgres/rules/adoption.ts",
    ["test/postgres/rules/adoption.test.ts"],
    [["a look at who owns the database", "live.owner !== database.owner", "false"]],
  ),
  ...inFile(
    "components/postgres/rules/roles/rights.ts",
    ["test/postgres/rules/adoption.test.ts"],
    [
      ["a refusal to adopt a role with rights", "attributes.length > 0", "false"],
      ["a refusal to adopt the admin", "live.name === server.admin", "false"],
    ],
  ),
  ...inFile(
    "components/postgres/rules/lost-database.ts",
    ["test/provider/app-database/retire.postgres.rows.test.ts"],
    [
      ["a stop at half a database", "live?.connectionLimit === halfDropped", "false"],
      ["a stop where the database is gone", "!known.isKnown || known.recreate", "true"],
    ],
  ),
  ...inFile(
    "components/postgres/rules/shared-names.ts",
    ["test/postgres/diff/every-rule.test.ts"],
    [["a look at names in another encoding", "!isSharedName(one.name, encoding, server)", "false"]],
  ),
  ...inFile(
    "provider/vault-grant/handler.ts",
    ["test/provider/vault-grant/renamed.test.ts"],
    [
      ["a grant kept that another resource has", "if (isOfOther) return;", ""],
      ["a grant that leaves by itself", "urn !== resource.urn", "true"],
    ],
  ),
  ...inFile(
    "components/postgres/rules/creation.ts",
    ["test/postgres/rules/creation.test.ts", "test/postgres/diff/every-rule.test.ts"],
    [
      [
        "a look at the locale that there is",
        "live !== undefined) return findLocale",
        "live === null) return findLocale",
      ],
      ["a look at ICU's locale", "icuLocale === tag", "true"],
      ["a look whether the server has the locale", "one.value === value", "false"],
      ["a look at the encoding", '(charset === "utf8") === (encoding === "UTF8")', "true"],
      ["a look at the version for ICU", "versionNumber < 150_000", "false"],
      ["a look at the mark of a template", "live.isTemplate !== true", "false"],
      ["a look at the encoding of a template", "live.encoding !== encoding", "false"],
      ["the provider in the statement", 'localeProvider !== "libc"', "false"],
    ],
  ),
  ...inFile(
    "components/postgres/rules/roles/attributes.ts",
    ["test/postgres/diff/every-rule.test.ts", "test/postgres/diff/replication.test.ts"],
    [
      ["REPLICATION that an entry states", 'one !== "REPLICATION" || replication !== true', "true"],
      ["a look at what the admin may give", "if (mayGiveReplication(server)) return [];", ""],
      [
        "a look at the version for REPLICATION",
        "server.canReplicate && server.versionNumber >= 160_000",
        "server.canReplicate",
      ],
      [
        "a look at attributes that the admin may not revoke",
        "!mayRevoke(attribute, server)",
        "false",
      ],
      [
        "the rest for a role that the admin may alter",
        "versionNumber < 160_000 || one.isSuperuser",
        "versionNumber < 990_000",
      ],
      [
        "a look at roles that are out of reach before 16",
        "!isLocked || wanted.length === 0",
        "true",
      ],
    ],
  ),
  ...inFile(
    "components/postgres/diff/publications.ts",
    ["test/postgres/diff/every-rule.test.ts", "test/postgres/diff/replication.test.ts"],
    [
      ["a look at the kind of a publication", 'isForAll === (tables === "all")', "true"],
      ["a publication left to a superuser", 'wanted.tables !== "all" &&', "true ||"],
      [
        "a look at the tables that are there",
        "withoutTables(wanted.tables, withoutTables(wanted.tables, present))",
        "wanted.tables",
      ],
      ["a look at tables that nobody stated", "more.length > 0", "false"],
    ],
  ),
  ...inFile(
    "components/onepassword/stack-items.ts",
    ["test/config/tls.test.ts"],
    [["an admin without an item", "spec.postgres.adminUser === undefined", "true"]],
  ),
  ...inFile(
    "components/config/schema/postgres/settings.ts",
    ["test/config/rules/settings.test.ts"],
    [["settings that no entry may set", "Object.hasOwn(refused, name)", "false"]],
  ),
  ...inFile(
    "components/postgres/rules/roles/groups.ts",
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
      ["a refusal of a standby", "facts.isStandby", "false"],
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
  ...vaultMutants,
  ...verify,
  ...deliveryMutants,
  ...refusals,
  ...items,
  ...commands,
  ...vaultConnection,
];
