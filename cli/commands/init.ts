import { defineVerb } from "../define-verb.ts";

export const init = defineVerb("init", {
  summary: "write the first stack file, and the project's other files that are not there",
  details:
    "Uses the answers that pulumi new stored, and asks for the others if it runs in a terminal. Changes only two\n" +
    "existing files: Pulumi.yaml, for the provider, and a stack file that has no keys of Berth.",
  examples: [
    ["--stack prod", "ask, and write Pulumi.prod.yaml"],
    [
      "--stack prod --vault Home --repository https://git.example.org/gitops.git",
      "the same without questions",
    ],
  ],
})
  .option("--vault <name>", "1Password vault with the credentials")
  .option("--namespace <name>", "namespace of Postgres in the cluster (default: db-postgres)")
  .option("--service <name>", "Service of Postgres there (default: postgres-postgresql)")
  .option("--repository <url>", "Git repository that Argo CD follows")
  .action(async ({ stack, configFile: file, json = false, ...given }) => {
    const verb = await import("../init/verb.ts");
    process.exitCode = await verb.init({ stack, file, given, json });
  });
