import { inFile, type Mutant } from "./mutant.ts";

/** What Berth sends to Vault about a connection, and what its login gets from Postgres. */
export const vaultConnection: readonly Mutant[] = [
  ...inFile(
    "provider/vault-connection/decide.ts",
    ["test/provider/vault-connection/handler.test.ts"],
    [
      ["a look at whose a connection is", "adopt || isOurs(live, data, former)", "true"],
      ["the keys that left", "!(key in wanted)", "key === undefined"],
    ],
  ),
  ...inFile(
    "provider/vault-connection/write.ts",
    ["test/provider/vault-connection/handler.test.ts"],
    [
      [
        "care for a rotated password",
        "hasPassword ? body : { ...body, password }",
        "{ ...body, password }",
      ],
      ["a look at the item's version", "old?.itemVersion === login.version", "true"],
      ["a look at the item's username", "if (credential.username === login) return;", "return;"],
    ],
  ),
  ...inFile(
    "provider/vault-connection/write.ts",
    ["test/provider/vault-connection/found.test.ts"],
    [["a look at leases", "leases.length === 0 ? [] : [one]", "[]"]],
  ),
  ...inFile(
    "provider/vault-connection/handler.ts",
    ["test/provider/vault-connection/found.test.ts"],
    [["a look at whose it is before the end", "readMark(live)?.app !== old.app", "false"]],
  ),
  ...inFile(
    "provider/vault-connection/inputs.ts",
    ["test/provider/vault-connection/handler.test.ts"],
    [["a refusal of secrets in inputs", "if (hasSecret(inputs))", "if (!inputs)"]],
  ),
  ...inFile(
    "components/vault/http/failure.ts",
    ["test/vault/http/client.test.ts"],
    [["secrets hidden in what Vault says", 'replaceAll(secret, "[hidden]")', "concat()"]],
  ),
  ...inFile(
    "components/vault/http/client.ts",
    ["test/vault/http/client.test.ts"],
    [["a stop at the way out of TLS", "active.protocol === url.protocol", "true"]],
  ),
  ...inFile(
    "components/postgres/server/vault-login.ts",
    ["test/provider/vault-grant/handler.postgres.rows.test.ts"],
    [
      [
        "a look whether the owner is the stack's",
        "requireOurRoles(session, [owner], server.config)",
        "Promise.resolve()",
      ],
      ["a look whether the login is Vault's alone", "login === server.admin ||", ""],
      ["a wait for Vault's logins", "if (logins.length > 0)", "if (logins.length < 0)"],
      ["a look at INHERIT", "inherits !== false || isSuperuser", "true"],
    ],
  ),
];
