import { describe, expect, test } from "vitest";
import { findDifferences } from "../../components/vault/compare.ts";
import type { Json } from "../../components/vault/objects.ts";

/** What Vault shows of an object, against what was written. The rows are as Vault 1.21 answers. */

type Data = Readonly<Record<string, Json>>;

test.each<readonly [what: string, wanted: Data, live: Data]>([
  ["a duration", { token_ttl: "1h", default_ttl: 3600 }, { token_ttl: 3600, default_ttl: 3600 }],
  ["a list in another order", { token_policies: ["b", "a"] }, { token_policies: ["a", "b"] }],
  ["a list that was written as text", { policies: "a,b" }, { policies: ["a", "b"] }],
  ["what the plan does not say", { type: "kv" }, { type: "kv", accessor: "kv_1" }],
  [
    "an option as text",
    { options: { version: "2" } },
    { options: { version: "2" }, config: { max_lease_ttl: 0 } },
  ],
  ["the line break at the end of a policy", { policy: "path {}\n" }, { policy: "path {}" }],
  ["what is empty", { allowed_roles: [], audience: "" }, {}],
  [
    "a connection, which Vault shows in parts",
    {
      username: "vault",
      allowed_roles: ["wiki"],
      root_rotation_statements: ["ALTER"],
      verify_connection: false,
    },
    {
      allowed_roles: ["wiki"],
      connection_details: { username: "vault" },
      root_credentials_rotate_statements: ["ALTER"],
    },
  ],
])("%s is no difference", (_, wanted, live) => {
  expect(findDifferences(wanted, live)).toEqual([]);
});

describe("a difference", () => {
  test.each<readonly [what: string, wanted: Data, live: Data, says: string]>([
    ["a duration", { token_ttl: "1h" }, { token_ttl: 7200 }, "token_ttl is 7200, not 1h"],
    [
      "one name more",
      { bound_service_account_names: ["wiki"] },
      { bound_service_account_names: ["wiki", "other"] },
      'bound_service_account_names is ["wiki","other"], not ["wiki"]',
    ],
    ["what is not there", { audience: "vault" }, {}, "audience is not set, not vault"],
    [
      "statements in another order",
      { creation_statements: ["a", "b"] },
      { creation_statements: ["b", "a"] },
      'creation_statements is ["b","a"], not ["a","b"]',
    ],
    [
      "a part of an object",
      { bound_claims: { repository: "me/wiki" } },
      { bound_claims: { repository: "me/*" } },
      'bound_claims is {"repository":"me/*"}, not {"repository":"me/wiki"}',
    ],
    ["a policy", { policy: "a\nb" }, { policy: "a\nc" }, "policy is another"],
    [
      "a connection's user",
      { username: "vault" },
      { connection_details: {} },
      "username is not set, not vault",
    ],
  ])("%s", (_, wanted, live, says) => {
    expect(findDifferences(wanted, live)).toEqual([says]);
  });
});
