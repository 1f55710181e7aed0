import { inFile, type Mutant } from "./mutant.ts";

export const certificates: readonly Mutant[] = [
  ...inFile(
    "components/config/rules/manifests/certificates.ts",
    ["test/config/rules/manifests/certificates.test.ts"],
    [
      ["a source of the certificate", "!hasSource,", "false,"],
      ["a look for who makes the Secret", "name === secret && ", "false && "],
    ],
  ),
  ...inFile(
    "components/delivery/certificates/copy.pod.mjs",
    ["test/delivery/certificates/copy.test.ts"],
    [
      [
        "a look at a certificate's dates",
        "const valid = all.filter(isValid);",
        "const valid = all;",
      ],
      [
        "the restart after a run that was cut off",
        "annotations[restartedFor] === digest",
        "isSame",
      ],
      ["rest for what is up to date", "if (annotations[restartedFor] === digest) return;", ""],
      ["a look for the Secret", "if (secret === undefined) {", "if (false) {"],
    ],
  ),
  ...inFile(
    "components/delivery/certificates/job.ts",
    ["test/delivery/certificates/objects.test.ts"],
    [["the names that a right is for", "resourceNames: names,", "resourceNames: [],"]],
  ),
];
