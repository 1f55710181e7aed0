import { inFile, type Mutant } from "./mutant.ts";

/** Rules of the policy pack, and what a preview refuses. */
export const refusals: readonly Mutant[] = [
  ...inFile(
    "provider/app-database/retirement-check.ts",
    ["test/provider/app-database/retirement-check.test.ts"],
    [
      ["a confirmation of each database", "listUnconfirmed(place).length === 0", "true"],
      ["a look at which databases others have", "!declared.has(name)", "true"],
    ],
  ),
  ...inFile(
    "provider/app-database/handler.ts",
    ["test/provider/app-database/several-moves.postgres.test.ts"],
    [
      [
        "a look whether the app still has the database",
        "this.#claims.declares(state.app, state.database.name)",
        "false",
      ],
    ],
  ),
  ...inFile(
    "provider/app-database/retire.ts",
    ["test/provider/app-database/several-moves.postgres.test.ts"],
    [["the roles' stay until the last drop", "isFurther(state) ? [] : roles", "roles"]],
  ),
  ...inFile(
    "policy/policies.ts",
    ["test/policy/policies.test.ts"],
    [
      [
        "a look at groups",
        "memberOf.filter(givesSuperuserRights)",
        "memberOf.slice(memberOf.length)",
      ],
      ["a look at PUBLIC", "database?.revokePublic === false", "false"],
      ["a look at the values of a Secret", 'kind === "Secret" && keys.length > 0', "false"],
      ["a look at what happens to a database", 'app?.reclaimPolicy === "delete"', "false"],
    ],
  ),
  ...inFile(
    "policy/admin-secret.ts",
    ["test/policy/policies.test.ts"],
    [["a look at the namespace", "object.metadata?.namespace !== allowed", "false"]],
  ),
  ...inFile(
    "provider/manifest-file/handler.ts",
    ["test/provider/manifest-file/refuse.test.ts"],
    [["a refusal in the preview", "this.#refusals.refuse(urn, name,", "void (urn, name,"]],
  ),
  ...inFile(
    "cli/preview/changes.ts",
    ["test/cli/preview/changes.test.ts"],
    [["a look at which apps a run came to", "!isFailed || seen.has(app)", "true"]],
  ),
  ...inFile(
    "policy/policies.ts",
    ["test/policy/names.test.ts"],
    [["escaping in messages", "report(toTerminalText(message), urn)", "report(message, urn)"]],
  ),
  ...inFile(
    "components/config/yaml/pulumi-yaml.ts",
    ["test/config/yaml/pulumi-yaml.test.ts"],
    [
      ["a refusal of tags", "if (tag === undefined) return;", "if (tag !== '') return;"],
      ["the merge of a quoted key", 'key.value === "<<"', "false"],
    ],
  ),
  ...inFile(
    "components/kubernetes/kubeconfig.ts",
    ["test/kubernetes/yaml.test.ts"],
    [["the words of YAML 1.1", 'schema: "yaml-1.1"', 'schema: "core"']],
  ),
  ...inFile(
    "cli/terminal/outlive-output.ts",
    ["test/cli/outlive-output.test.ts"],
    [["an exit code for missing output", "process.exitCode = 2", "process.exitCode = 0"]],
  ),
];
