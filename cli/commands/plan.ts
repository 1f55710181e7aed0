import { Option } from "@commander-js/extra-typings";
import { defineVerb } from "../define-verb.ts";

export const plan = defineVerb("plan", {
  summary: "print the SQL for a fresh server, from the stack file alone",
  examples: [
    ["--stack prod", "print the statements of all apps"],
    ["--stack prod --app wiki --sql", "print a psql script, for a server that Berth cannot reach"],
  ],
})
  .option("--app <name>", "only this app")
  .addOption(new Option("--sql", "print an idempotent psql script").conflicts(["json", "vault"]))
  .addOption(
    new Option("--vault", "print the commands for an administrator of Vault").conflicts("json"),
  )
  .action(async ({ stack, configFile: file, app, json, sql, vault }) => {
    const verb = await import("../plan/verb.ts");
    const form = json ? "json" : sql ? "sql" : vault ? "vault" : "text";
    process.exitCode = verb.plan({ stack, file, app, form });
  });
