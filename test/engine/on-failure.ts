import { afterEach, beforeEach } from "vitest";
import { Bed } from "./bed.ts";

/** Shows what Pulumi printed in a test that failed: "expected 1 to be 0" alone does not say why. */

let before = 0;

beforeEach(() => {
  before = Bed.printed.length;
});

afterEach(({ task }) => {
  const printed = Bed.printed.slice(before);
  // As an error, since those stand together at the end of the report.
  if (task.result?.state === "fail" && printed.length > 0) {
    throw new Error(["Pulumi printed in this test:", ...printed].join("\n\n"));
  }
});
