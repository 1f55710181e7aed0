import { Option } from "@commander-js/extra-typings";
import { defineVerb } from "../define-verb.ts";

export const add = defineVerb("add", {
  summary: "make an app's items in 1Password, and its entry in the stack file",
  details:
    "Needs 1Password, as pulumi up does, with the right to write. Asks at a terminal for what it needs.",
  examples: [
    ["wiki --stack prod", "the item and the entry of wiki"],
    ["wiki --stack prod --login reports=readonly --git apps/wiki", "with a login that may read"],
    ["netbox --stack prod --preset netbox", "with the database values of NetBox's chart"],
  ],
})
  .argument("[app]", "name of the app")
  .option("--namespace <name>", "namespace that the app runs in (default: infra-<app>)")
  .addOption(
    new Option(
      "--login <key=profile>",
      "a further login, readonly or readwrite; may be repeated",
    ).argParser((login: string, logins: readonly string[] | undefined) => [
      ...(logins ?? []),
      login,
    ]),
  )
  .option("--git <folder>", "folder of the GitOps repository that starts the app")
  .option("--chart <name>", "Helm chart that starts the app, with --repo and --chart-version")
  .option("--preset <name>", "an app of a chart that Berth knows, with its database values")
  .option("--repo <url>", "repository of the chart")
  .option("--chart-version <version>", "version of the chart (with --preset there is a default)")
  .option("--into <file>", "add the entry to this file, if the stack file is generated from it")
  .action(async (app, { configFile: file, login: logins = [], json = false, ...options }) => {
    const verb = await import("../add/verb.ts");
    const { stack, into, namespace, git, chart, preset, repo, chartVersion } = options;
    const workload = { git, chart, preset, repo, chartVersion };
    const args = { stack, file, into, json, app, namespace, logins, ...workload };
    process.exitCode = await verb.add(args);
  });
