import { Option } from "@commander-js/extra-typings";
import { defineAppVerb } from "../define-verb.ts";

export const report = defineAppVerb("report", {
  summary: "print each role's privileges and where each item goes, from the stack file or live",
  details: "Needs 1Password and the server only with --live.",
  examples: [
    ["--stack prod", "print all apps"],
    ["--stack prod --markdown", "print tables for a page or a comment"],
    ["--stack prod --html --out report.html", "one page for a browser"],
    ["--stack prod --html --live --out report.html", "the same, with the server as it is"],
    ["wiki --stack prod --runbook", "print how to rotate the app's passwords"],
    ["wiki --stack prod --runbook --role reports", "print the same for one login"],
    ["--stack prod --runbook --admin", "print how to rotate the admin role's password"],
  ],
})
  .addOption(
    new Option("--markdown", "print Markdown").conflicts(["json", "runbook", "html", "mermaid"]),
  )
  .addOption(
    new Option("--runbook", "print how to rotate the app's passwords, as Markdown").conflicts([
      "json",
      "html",
      "mermaid",
    ]),
  )
  .addOption(
    new Option("--html", "print one page with everything, for a browser").conflicts([
      "json",
      "mermaid",
    ]),
  )
  .addOption(new Option("--mermaid", "print a Mermaid picture of the apps").conflicts("json"))
  .option("--role <key>", "with --runbook, only this role, by its key in the entry")
  .addOption(
    new Option("--admin", "with --runbook, for the admin role instead of an app").conflicts([
      "app",
      "role",
    ]),
  )
  .option("--live", "with --html or --json, read the server too")
  .option("--out <file>", "write the page, the picture or the runbook to this file")
  .action(async (_, { stack, configFile: file, app, live = false, out, role, ...values }) => {
    const { admin = false } = values;
    const verb = await import("../report/verb.ts");
    const forms = ["json", "markdown", "runbook", "html", "mermaid"] as const;
    const form = forms.find((name) => values[name] === true) ?? "text";
    process.exitCode = await verb.report({ stack, file, app, form, live, out, role, admin });
  });
