import { expect, test } from "vitest";
import { planHealthExpressions } from "../../../components/delivery/git/flux-health.ts";
import { hasGo, useGoProgram } from "../../fakes/go-program.ts";
import { healthRows } from "../argocd/health-rows.ts";

/**
 * The expressions for Flux, evaluated by the CEL that its controllers have: an object is ready where Argo CD's check
 * calls it healthy, and nowhere else. Left out where there is no Go.
 */

const evaluate = useGoProgram<{ readonly Results: readonly string[] }>("delivery/git/cel");

test.skipIf(!hasGo)("Flux waits for what Argo CD waits for", async () => {
  const rows = healthRows.filter(({ kind }) => kind !== "Application");
  const checks = rows.map(({ kind, object }) => {
    const [expression] = planHealthExpressions([{ apiVersion: "v1", kind }]);
    return { Current: expression?.current, Object: object };
  });
  const { Results } = await evaluate({ Checks: checks });
  expect(Results.map((one) => one === "true")).toEqual(
    rows.map(({ expected }) => expected === "Healthy"),
  );
});
