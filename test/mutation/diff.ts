import { inFile, type Mutant } from "./mutant.ts";

const accessTests = [
  "test/provider/app-database/contents.postgres.test.ts",
  "test/provider/app-database/access.postgres.test.ts",
  "test/provider/app-database/handler.postgres.test.ts",
];

export const diff: readonly Mutant[] = [
  ...inFile(
    "provider/app-database/handler.ts",
    ["test/provider/app-database/fixes.postgres.rows.test.ts"],
    [
      [
        "a look whether only a superuser can do the rest",
        "error instanceof SuperuserLeft",
        "false",
      ],
    ],
  ),
  ...inFile(
    "components/postgres/diff/decide-app.ts",
    ["test/postgres/diff/several-databases.test.ts"],
    [
      ["one maker of roles", "const isFirst = !isFurther(plan);", "const isFirst = true;"],
      [
        "a role's stay where an app has several databases",
        'context.reclaimPolicy !== "delete" || names !== undefined',
        'context.reclaimPolicy !== "delete"',
      ],
    ],
  ),
  ...inFile(
    "components/postgres/rules/roles/rights.ts",
    ["test/postgres/diff/several-databases.test.ts"],
    [["a look at what else an owner owns", "!names.includes(name)", "name === undefined"]],
  ),
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
    ["test/postgres/diff/every-rule.test.ts"],
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
      ["attributes taken back", "listUnstated(live, role)", "[].slice()"],
      [
        "a limit put right",
        "live.connectionLimit !== role.connectionLimit",
        "(live.connectionLimit, false)",
      ],
      ["LOGIN taken back", 'role.login === "none" && live.canLogin', "false"],
      ["a password taken back", "needsPassword && hasNoPassword(role)", "false"],
      [
        "memberships taken back",
        "live.memberOf.filter((group) => !memberOf.includes(group))",
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
    "components/postgres/diff/contents.ts",
    ["test/provider/app-database/extensions.postgres.test.ts"],
    [
      ["the owner of a trusted extension", "live?.isTrusted === true", "false"],
      ["what an extension needs", "return isWanted ? []", "return true ? []"],
      ["functions that others have", "live?.keepsFunctions !== true", "true"],
    ],
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
      "test/provider/app-database/retire.postgres.rows.test.ts",
      "test/provider/app-database/leaving.postgres.rows.test.ts",
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
