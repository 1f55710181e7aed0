import { InvalidArgumentError, Option } from "@commander-js/extra-typings";
import { type Risk, risks } from "../../components/postgres/statements/risks.ts";
import { defineVerb, fromProject } from "../define-verb.ts";

export const preview = defineVerb("preview", {
  summary: "run pulumi preview, and show by app what changes, with statements, files and risks",
  details:
    "Needs 1Password, as pulumi up does. Exit code 1: the preview has an error, such as a refused app, or a risk of --fail-on.",
  examples: [
    ["--stack prod", "what pulumi up would do"],
    ["--stack prod --fail-on drop,reown", "fail if something is dropped or gets another owner"],
    ["--stack prod --comment", "in a CI job: one comment on the pull request"],
  ],
})
  .addOption(new Option("--markdown", "print Markdown").conflicts("json"))
  .option("--comment", "post it on the pull request of this CI job, or update that comment")
  .addOption(
    new Option("--fail-on <risks>", `exit code 1 for these risks: ${risks.join(",")}`).argParser(
      toRisks,
    ),
  )
  .option("--save-plan <file>", "save the plan for pulumi up --plan", fromProject)
  .action(async ({ stack, configFile: file, json, markdown, comment = false, ...options }) => {
    const verb = await import("../preview/verb.ts");
    const form = json ? "json" : markdown ? "markdown" : "text";
    const { failOn = [], savePlan } = options;
    process.exitCode = await verb.preview({ stack, file, form, comment, failOn, savePlan });
  });

function toRisks(text: string): readonly Risk[] {
  const names = text.split(/[,|]/).map((name) => name.trim());
  const isRisk = (name: string): name is Risk => (risks as readonly string[]).includes(name);
  if (names.every(isRisk)) return names.filter(isRisk);
  throw new InvalidArgumentError(`Allowed are ${risks.join(", ")}.`);
}
