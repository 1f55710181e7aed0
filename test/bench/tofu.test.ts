import { expect, it } from "vitest";
import { findReason } from "./tofu.ts";

it.each([
  [
    "\u2577\n\u2502 Warning: no file\n\u2575\n\u2577\n\u2502 Error: Failed to query\n\u2502 \n\u2502 More\n\u2575",
    "Error: Failed to query",
  ],
  ["killed", "Command failed: init"],
  [undefined, "Command failed: init"],
])("a failure is said in its own line: %j", (stderr, reason) => {
  const error = Object.assign(new Error("Command failed: init\n\nmore"), { stderr });
  expect(findReason(error)).toBe(reason);
});
