import { Option } from "@commander-js/extra-typings";
import { defineAppVerb } from "../define-verb.ts";

export const plan = defineAppVerb("plan", {
  summary: "print the SQL for a fresh server, from the stack file alone",
  details: "Connects to no server. Needs 1Password only with --verifiers.",
  examples: [
    ["--stack prod", "print the statements of all apps"],
    ["wiki --stack prod --sql", "print a psql script, for a server that Berth cannot reach"],
    ["wiki --stack prod --verifiers", "print what that script needs in its environment"],
  ],
})
  .addOption(
    new Option("--sql", "print an idempotent psql script").conflicts([
      "json",
      "vault",
      "verifiers",
    ]),
  )
  .addOption(
    new Option("--verifiers", "print the variables of that script, from 1Password").conflicts([
      "json",
      "vault",
    ]),
  )
  .addOption(
    new Option("--vault", "print the commands for an administrator of Vault").conflicts("json"),
  )
  .action(async (_, { stack, configFile: file, app, ...values }) => {
    const verb = await import("../plan/verb.ts");
    const forms = ["json", "sql", "verifiers", "vault"] as const;
    const form = forms.find((name) => values[name] === true) ?? "text";
    process.exitCode = await verb.plan({ stack, file, app, form });
  });
