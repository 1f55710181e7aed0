import { Option } from "@commander-js/extra-typings";
import { defineVerb } from "../define-verb.ts";

export const report = defineVerb("report", {
  summary: "print each role's privileges and where each item goes, from the stack file alone",
  examples: [
    ["--stack prod", "print all apps"],
    ["--stack prod --markdown", "print tables for a page or a comment"],
    ["--stack prod --app wiki --runbook", "print how to rotate the app's passwords"],
  ],
})
  .option("--app <name>", "only this app")
  .addOption(new Option("--markdown", "print Markdown").conflicts(["json", "runbook"]))
  .addOption(
    new Option("--runbook", "print how to rotate the app's passwords, as Markdown").conflicts(
      "json",
    ),
  )
  .action(async ({ stack, configFile: file, app, json, markdown, runbook }) => {
    const verb = await import("../report/verb.ts");
    const form = json ? "json" : markdown ? "markdown" : runbook ? "runbook" : "text";
    process.exitCode = verb.report({ stack, file, app, form });
  });
