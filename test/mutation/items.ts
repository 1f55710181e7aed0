import { inFile, type Mutant } from "./mutant.ts";

/** Of items in 1Password, and of secrets in a stack file. */
export const items: readonly Mutant[] = [
  ...inFile(
    "components/config/secret-values.ts",
    ["test/config/secret-values.test.ts"],
    [["a look for passwords in URLs", "withPassword.test(value)", "false"]],
  ),
  ...inFile(
    "components/onepassword/read-items.ts",
    ["test/onepassword/read-items.test.ts", "test/onepassword/through-client.test.ts"],
    [
      ["fields of one name being too many", "sections.length < 2", "true"],
      ["fields that the operator would merge", "request.isCopied === true", "false"],
    ],
  ),
  ...inFile(
    "cli/rotate/context.ts",
    ["test/cli/rotate/two-logins.postgres.test.ts"],
    [["a look at the item after a lost answer", "now === undefined || isSame(", "true || isSame("]],
  ),
];
