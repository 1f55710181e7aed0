import { inFile, type Mutant } from "./mutant.ts";

/** Of items in 1Password, and of secrets in a stack file. */
export const items: readonly Mutant[] = [
  ...inFile(
    "components/config/secret-values.ts",
    ["test/config/secret-values.test.ts"],
    [["a look for passwords in URLs", "withPassword.test(value)", "false"]],
  ),
  ...inFile(
    "components/config/schema/secret.ts",
    ["test/secrets/further.test.ts"],
    [["an interval with which a new password never arrives", "/[1-9]/.test(text)", "true"]],
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
    "components/onepassword/attached-files.ts",
    ["test/secrets/files.test.ts"],
    [
      ["a file that is not attached", "found === 0", "false"],
      ["a file that the operator leaves out", "isCopied === true", "false"],
    ],
  ),
  ...inFile(
    "components/onepassword/write/stage-password.ts",
    ["test/onepassword/write/stage-password.test.ts"],
    [["a password that somebody else wrote", "value === password", "value !== null"]],
  ),
  ...inFile(
    "cli/rotate/admin/decide.ts",
    ["test/cli/rotate/admin/decide.test.ts"],
    [["a login that proves nothing", "if (wrong)", "if (false)"]],
  ),
  ...inFile(
    "cli/rotate/admin/change.ts",
    ["test/cli/rotate/admin/change.postgres.test.ts"],
    [
      ["a login with the new password", "proof !== true", "false"],
      ["the former password after a failed edit", "held !== both.next", "false"],
    ],
  ),
  ...inFile(
    "cli/rotate/context.ts",
    ["test/cli/rotate/two-logins.postgres.test.ts"],
    [["a look at the item after a lost answer", "now === undefined || isSame(", "true || isSame("]],
  ),
];
