import { certificates } from "./certificates.ts";
import { configRules } from "./config-rules.ts";
import { deliveryMutants } from "./delivery.ts";
import { items } from "./items.ts";
import { inFile, type Mutant } from "./mutant.ts";
import { refusals } from "./refusals.ts";

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

const accessTests = [
  "test/provider/app-database/contents.postgres.test.ts",
  "test/provider/app-database/access.postgres.test.ts",
  "test/provider/app-database/handler.postgres.test.ts",
];

const diff: readonly Mutant[] = [
  ...inFile("components/postgres/diff/access/privileges.ts", accessTests, [
    [
      "a REVOKE of what is too much",
      "granted.filter((privilege) => !wanted.includes(privilege))",
      "[]",
    ],
    [
      "a GRANT of what is missing",
      "wanted.filter((privilege) => !granted.includes(privilege))",
      "[]",
    ],
  ]),
  ...inFile("components/postgres/diff/access/decide.ts", accessTests, [
    ["a look at whose objects they are", "!mayGrantOn(object, plan, server)", "false"],
    ["a look at single columns", "grantedTo(grantee, columns)", "[].slice()"],
    ["the defaults of a schema", 'if (type === "schema") return [];', "return [];"],
  ]),
  ...inFile(
    "components/postgres/diff/access/decide.ts",
    ["test/postgres/diff/scoped.test.ts"],
    [
      ["a look at the names of objects", "wantedOn(request, object.name)", "request.privileges"],
      ["schemas that a pattern stands for", "isInPattern(plan, schema));", "false);"],
      [
        "a look at whose schemas they are",
        'type === "schema" && owner === plan.database.owner',
        'type === "schema"',
      ],
      ["what is given in every schema", "missing: alone,", "missing,"],
      ["every schema for a role that leaves", "schemas: [...schemas] }", "schemas: [] }"],
      ["a REVOKE without a schema", "subtract(allowed, granted)", "subtract(granted, granted)"],
    ],
  ),
  ...inFile(
    "components/postgres/plan/access.ts",
    ["test/postgres/plan/plan.test.ts", "test/postgres/diff/scoped.test.ts"],
    [
      ["exceptions", "none.has(name) ? [] : on(name)", "on(name)"],
      ["an exception's schema", "except.filter(isHere)", "except"],
      ["a privilege's schema", "scoped.filter(isHere)", "scoped"],
      [
        "no default where a name is left out",
        "[...named.values()].every((list) => list.includes(one))",
        "true",
      ],
      ["no default in every schema with an exception", "except.length > 0", "false"],
      ["a way into the schemas of the list alone", "isNowhere && isPart", "false"],
    ],
  ),
  ...inFile(
    "components/postgres/server/tls.ts",
    ["test/postgres/server/client-certificate.postgres.test.ts"],
    [
      ["a client certificate", "spec.client === undefined ? {} : readClient(spec.client)", "{}"],
      ["a look at its key", "certificate.checkPrivateKey(parseKey(keyFile, key))", "true"],
    ],
  ),
  ...inFile(
    "components/postgres/diff/unlisted.ts",
    ["test/postgres/diff/unstated.test.ts"],
    [["names that no object has", "missing.length === 0", "true"]],
  ),
  ...inFile(
    "components/postgres/diff/roles.ts",
    [
      "test/provider/app-database/two-logins.postgres.test.ts",
      "test/provider/app-database/memberships.postgres.test.ts",
      "test/provider/app-database/external-logins.postgres.test.ts",
      "test/provider/app-database/readers.postgres.rows.test.ts",
      "test/provider/app-database/handler.postgres.test.ts",
    ],
    [
      ["attributes taken back", "listAttributes(live)", "[].slice()"],
      [
        "a limit put right",
        "live.connectionLimit !== role.connectionLimit",
        "(live.connectionLimit, false)",
      ],
      ["LOGIN taken back", 'role.login === "none" && live.canLogin', "false"],
      ["a password taken back", "needsPassword && hasNoPassword(role)", "false"],
      [
        "memberships taken back",
        "live.memberOf.filter((granted) => !role.memberOf.includes(granted))",
        "live.memberOf.slice(live.memberOf.length)",
      ],
    ],
  ),
  ...inFile(
    "components/postgres/diff/unstated.ts",
    ["test/postgres/diff/unstated.test.ts"],
    [
      ["a look at who may make others a member", "isAdmin === true);", "false);"],
      ["a look at what a membership gives", "lost.length === 0", "true"],
      ["an admin that is expected", "name === catalog.server.admin ||", "false ||"],
      ["roles of the stack that are expected", "memberOf.includes(ownershipRole) ||", "false ||"],
    ],
  ),
  ...inFile(
    "components/postgres/diff/contents.ts",
    ["test/provider/app-database/contents.postgres.test.ts"],
    [["a look at whose schema it is", "live.owner !== owner", "false"]],
  ),
  ...inFile(
    "components/postgres/diff/settings.ts",
    ["test/provider/app-database/settings.postgres.test.ts"],
    [
      ["a setting set back", "found.get(name) !== value", "!found.has(name)"],
      ["a setting reset", "former.filter(", "[].filter("],
    ],
  ),
  ...inFile(
    "components/postgres/diff/retirement.ts",
    [
      "test/provider/app-database/retire.postgres.test.ts",
      "test/provider/app-database/leaving.postgres.test.ts",
    ],
    [
      [
        "an ownership role of the role that is dropped",
        "if (role.memberOf.includes(rules.ownershipRole)) return undefined;",
        "return undefined;",
      ],
      ["a look at who owns what is dropped", "owner === expected", "true"],
    ],
  ),
];

const verify: readonly Mutant[] = [
  ...inFile(
    "cli/verify/role.ts",
    ["test/cli/verify/verb.postgres.test.ts"],
    [
      ["a look at a role's attributes", "attributes.length === 0", "true"],
      ["a look at what a role may become", "mayBecome.length === 0", "true"],
      ["a look at privileges", "findDeviations(plan, role, live)", "[].slice()"],
      ["a look into other apps' databases", "rest.filter(mayEnter)", "rest.slice(rest.length)"],
    ],
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
