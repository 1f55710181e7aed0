import path from "node:path";
import { execa } from "execa";
import { expect, test } from "vitest";
import { projectFolder } from "../../../components/project-folder.ts";

const fault = `Object.assign(new Error("nobody waits"), { config: { headers: "canary-token" } })`;

test.each([
  ["an error that nobody waits for", `Promise.reject(${fault});`, /^Error: nobody waits\n {4}at /],
  [
    "an error of a callback",
    `setTimeout(() => { throw ${fault}; });`,
    /^Error: nobody waits\n {4}at /,
  ],
  ["what is no error", "setTimeout(() => { throw undefined; });", /^a fault: undefined$/],
])("%s is exit code 2, and its properties are not shown", async (_, code, message) => {
  const file = path.join(projectFolder, "cli/terminal/end-on-fault.ts");
  const script = `import { endOnFault } from ${JSON.stringify(file)}; endOnFault(); ${code}`;
  const { exitCode, stderr, stdout } = await execa(
    process.execPath,
    ["--input-type=module", "--eval", script],
    { reject: false },
  );
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
  expect(stderr).toMatch(message);
  expect(stderr).not.toContain("canary");
});
