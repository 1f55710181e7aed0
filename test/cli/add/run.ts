import { vi } from "vitest";
import type { AddArgs } from "../../../cli/add/args.ts";
import { add } from "../../../cli/add/verb.ts";
import { describeFailure } from "../../../cli/terminal/describe-failure.ts";
import { none } from "./none.ts";

/** The verb itself, in this process. An error is what `main.ts` prints with exit code 2. */
export async function runAdd(given: Partial<AddArgs>) {
  let stdout = "";
  const spy = vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    stdout += String(text);
    return true;
  });
  try {
    const exitCode = await add({ ...none, stack: "test", ...given });
    return { exitCode, stdout, stderr: "" };
  } catch (error) {
    return { exitCode: 2, stdout, stderr: describeFailure(error, "help") };
  } finally {
    spy.mockRestore();
  }
}
