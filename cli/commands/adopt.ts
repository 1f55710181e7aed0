import { defineAppVerb, fromProject } from "../define-verb.ts";

export const adopt = defineAppVerb("adopt", {
  summary: "propose entries for databases and roles that people made by hand",
  details: "Needs 1Password, as pulumi up does. Changes nothing on the server.",
  app: "only this database",
  examples: [
    ["--stack prod", "print the entries"],
    ["wiki --stack prod --write", "add the entry of this database to the stack file"],
  ],
})
  .option("--write", "add the entries to the stack file")
  .option(
    "--into <file>",
    "add them to this file, if the stack file is generated from it",
    fromProject,
  )
  .action(async (_, { stack, configFile: file, app, write = false, into, json = false }) => {
    const verb = await import("../adopt/verb.ts");
    process.exitCode = await verb.adopt({ stack, file, app, write, into, json });
  });
