import { afterAll, afterEach, beforeEach } from "vitest";
import { Bed } from "./bed.ts";

/** Shows what Pulumi printed where something failed: "expected 1 to be 0" alone does not say why. */

let before = 0;
/** What was printed in no test, but in what comes before them. */
const inHooks: string[] = [];
let after = 0;

beforeEach(() => {
  inHooks.push(...Bed.printed.slice(after));
  before = Bed.printed.length;
});

afterEach(({ task }) => {
  after = Bed.printed.length;
  // As an error, since those stand together at the end of the report.
  if (task.result?.state === "fail") show("in this test", Bed.printed.slice(before));
});

afterAll(({}, file) => {
  inHooks.push(...Bed.printed.slice(after));
  const suites = [file, ...file.tasks].filter(({ type }) => type === "suite");
  // A suite without errors of its own has failed by its tests.
  const hasFailed = suites.some(({ result }) => (result?.errors ?? []).length > 0);
  if (hasFailed) show("before the tests", inHooks);
});

function show(when: string, printed: readonly string[]): void {
  if (printed.length > 0) throw new Error([`Pulumi printed ${when}:`, ...printed].join("\n\n"));
}
