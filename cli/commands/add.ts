import { Option } from "@commander-js/extra-typings";
import { BerthError } from "../../components/errors.ts";
import { defineAppVerb, fromProject } from "../define-verb.ts";
import { print, printError } from "../print.ts";
import { toPulumi } from "../pulumi-process.ts";

export const add = defineAppVerb("add", {
  summary: "make an app's items in 1Password and its entry in the stack file, and show the preview",
  details:
    "Needs 1Password, as pulumi up does, with the right to write, and VAULT_TOKEN if the entry has values to generate in Vault. Asks at a terminal for what it needs.",
  app: "name of the app",
  examples: [
    ["wiki --stack prod", "the item and the entry of wiki"],
    ["wiki --stack prod --login reports=readonly --git apps/wiki", "with a login that may read"],
    ["netbox --stack prod --preset netbox", "with the database values of NetBox's chart"],
  ],
})
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
  .option(
    "--into <file>",
    "add the entry to this file, if the stack file is generated from it",
    fromProject,
  )
  .option("--no-preview", "do not show what pulumi up will do")
  .action(async (_, { configFile: file, login: logins = [], json = false, ...options }) => {
    const verb = await import("../add/verb.ts");
    const preview = options.preview && !json;
    const { stack, app, into, namespace, git, chart, preset, repo, chartVersion } = options;
    const workload = { git, chart, preset, repo, chartVersion };
    const args = { stack, file, into, json, preview, app, namespace, logins, ...workload };
    process.exitCode = await verb.add(args);
    if (!preview) return;
    process.exitCode = await showPreview(stack, file);
    print(`next: ${toPulumi("up", args)}`);
  });

/** The app is added by now, also if the preview cannot run. */
async function showPreview(stack: string, file: string | undefined): Promise<number> {
  const verb = await import("../preview/verb.ts");
  const args = {
    stack,
    file,
    form: "text",
    comment: false,
    failOn: [],
    savePlan: undefined,
  } as const;
  try {
    return await verb.preview(args);
  } catch (error) {
    if (!(error instanceof BerthError)) throw error;
    printError(`no preview: ${error.message}`);
    return 0;
  }
}
