import { expect, test } from "vitest";
import { checkPending } from "../../../cli/doctor/pending.ts";
import { Report } from "../../../cli/doctor/report.ts";
import type { World } from "../../../cli/doctor/world.ts";

/** What is said of a stack whose state Pulumi exports like this. */
async function find(exported: unknown) {
  const report = new Report();
  const world: World = {
    env: {},
    project: "/",
    reach: () => Promise.resolve(),
    run: (command, args) => {
      expect([command, ...args].join(" ")).toBe(
        "pulumi stack export --stack prod --non-interactive",
      );
      return Promise.resolve({ exitCode: 0, stdout: JSON.stringify(exported), stderr: "" });
    },
  };
  await checkPending(report, world, "prod", { value: undefined });
  return report.findings;
}

test.each([
  ["that never ran", { version: 3, deployment: {} }],
  ["whose runs all ended", { version: 3, deployment: { resources: [], pending_operations: [] } }],
])("a stack %s has nothing pending", async (_, exported) => {
  expect(await find(exported)).toMatchObject([{ name: "pending", status: "ok" }]);
});

test("a run that was killed is named by what it was at, with the command that ends it", async () => {
  const urn = "urn:pulumi:prod::berth::berth:postgres:AppDatabase::wiki";
  const pending = { type: "creating", resource: { urn } };
  const findings = await find({ version: 3, deployment: { pending_operations: [pending] } });
  expect(findings).toMatchObject([
    {
      status: "warning",
      detail: expect.stringContaining("wiki (creating)") as unknown,
      fix: expect.stringMatching(
        /^pulumi up --stack prod, then pulumi refresh --clear-pending-creates --stack prod;.* PULUMI_SKIP_CHECKPOINTS=true/,
      ) as unknown,
    },
  ]);
});
