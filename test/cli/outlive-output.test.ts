import { existsSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { expect, test } from "vitest";
import { projectFolder } from "../../components/project-folder.ts";
import { bareEnv } from "./berth.ts";

/** Runs `berth` in a shell, which has a place for its output: `npm run plan | head -1`. */
async function runTo(output: string, command: string) {
  const main = join(projectFolder, "cli/main.ts");
  const script = `{ "${process.execPath}" "${main}" ${command}; echo $? >&3; } ${output}`;
  const { stderr, stdio } = await execa("sh", ["-c", script], {
    env: bareEnv,
    extendEnv: false,
    stdio: ["ignore", "pipe", "pipe", "pipe"],
  });
  return { stderr, exitCode: stdio[3] };
}

// `true` reads nothing, and is over before Node has started.
test.each([
  ["plan --help", "0"],
  ["plan --stack prod", "0"],
  ["report --stack prod --html", "0"],
  ["complete bash", "0"],
  ["plan --sql --vault 2>&1", "2"],
])(
  "a reader that ends early ends %s quietly, and with its exit code %s",
  async (command, exitCode) => {
    expect(await runTo("| true", command)).toEqual({ stderr: "", exitCode });
  },
);

test.runIf(existsSync("/dev/full")).each(["plan", "report --html"])(
  "output of %s that has no room is said, after all else was done",
  async (verb) => {
    expect(await runTo("> /dev/full", `${verb} --stack prod`)).toEqual({
      stderr: "the output could not be written: ENOSPC: no space left on device, write",
      exitCode: "2",
    });
  },
);
