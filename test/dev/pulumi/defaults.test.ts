import { expect, it } from "vitest";
import { pulumiDefaults } from "../../../dev/pulumi/cli.ts";

it("has Pulumi compare in parallel and write its state once, unless the user's environment says otherwise", () => {
  const defaults = { PULUMI_SKIP_CHECKPOINTS: "true", PULUMI_PARALLEL_DIFF: "true", GOGC: "300" };
  expect(pulumiDefaults({})).toEqual(defaults);
  const own = { PULUMI_SKIP_CHECKPOINTS: "false", PULUMI_PARALLEL_DIFF: "false", GOGC: "100" };
  expect(pulumiDefaults(own)).toEqual(own);
});
