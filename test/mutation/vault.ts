import { inFile, type Mutant } from "./mutant.ts";

export const vaultMutants: readonly Mutant[] = [
  ...inFile(
    "components/vault/guard.ts",
    ["test/vault/guard.test.ts"],
    [
      ["a look whose an object is", "isOurs(object, data, facts)", "true"],
      [
        "a look at the policy of a role",
        "includes(policy) && isOurPolicy(policy)",
        "includes(policy)",
      ],
      [
        "a look at the policy of a database role",
        '&& isOurPolicy(policies.get(object.app ?? ""))',
        "",
      ],
      [
        "a wait for the central half",
        "policy === undefined || found.has(toPolicyPath(policy))",
        "true",
      ],
    ],
  ),
  ...inFile(
    "components/vault/mark.ts",
    ["test/vault/guard.test.ts"],
    [
      ["former ids of a stack", "[id, ...former]", "[id]"],
      ["the id in a mark", "[id, ...former].includes(found)", "true"],
    ],
  ),
  ...inFile(
    "components/vault/policies.ts",
    ["test/vault/policies.test.ts"],
    [
      ["values of parameters", "toValues(name, value)] as const", "[]] as const"],
      ["the order that Terraform sends", "isSame ? [names] : [names, hashed]", "[names]"],
      ["KV paths of the app alone", "${mount}/data/${app}/*", "${mount}/data/*"],
    ],
  ),
  ...inFile(
    "components/vault/plan.ts",
    ["test/vault/plan.test.ts"],
    [
      ["mounts of others", "!isOfExisting(object, vault.inside)", "true"],
      ["the halves", 'half === "all" || object.half === half', "true"],
    ],
  ),
  ...inFile(
    "components/vault/plan/shared.ts",
    ["test/vault/plan.test.ts"],
    [["the longest time of a mount", "Math.max(...logins", "Math.min(...logins"]],
  ),
  ...inFile(
    "components/config/derive/vault.ts",
    ["test/vault/plan.test.ts"],
    [["pairs of name and namespace", "main.namespaces.length === 1 && ", ""]],
  ),
  ...inFile(
    "components/config/rules/vault/inside.ts",
    ["test/config/rules/vault/inside.test.ts"],
    [
      ["Vault's own policies", 'name === "root" || name === "default"', "false"],
      ["a login for connections", 'half === "none" || half === "apps"', "true"],
      ["a way for pipelines to log in", "ci === undefined && given[key]", "false && given[key]"],
    ],
  ),
];
