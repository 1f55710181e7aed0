import { chmodSync, writeFileSync } from "node:fs";
import path from "node:path";
import { execa } from "execa";
import { expect, it } from "vitest";
import { outlived, waitForPulumi } from "../../cli/pulumi-process.ts";
import { projectFolder } from "../../components/project-folder.ts";
import { useFolder } from "../fakes/folder.ts";
import { bareEnv } from "./berth.ts";

const folder = useFolder("interrupted");

/** Interrupts its verb once that listens for SIGHUP, the last of its signals, and ends when the verb passes that on. */
const pulumi = `#!/bin/sh
trap 'exit 1' INT
until grep -q 'SigCgt:.*[13579bdf]$' /proc/$PPID/status; do sleep 0.1; done
kill -INT $PPID
while :; do sleep 0.1; done
`;

it.runIf(process.platform === "linux")(
  "a verb that is interrupted while Pulumi runs ends with 130, as in a shell",
  async () => {
    const file = path.join(folder, "pulumi");
    writeFileSync(file, pulumi);
    chmodSync(file, 0o755);
    const main = path.join(projectFolder, "cli/main.ts");
    const { exitCode, stderr } = await execa(
      process.execPath,
      [main, "preview", "--stack", "prod"],
      {
        cwd: projectFolder,
        env: { ...bareEnv, PATH: `${folder}:${bareEnv.PATH}` },
        extendEnv: false,
        reject: false,
        stdin: "ignore",
      },
    );
    expect(stderr).toContain("preview: interrupted; nothing was changed");
    expect(exitCode).toBe(130);
  },
);

it.each(["SIGINT", "SIGTERM", "SIGHUP"])(
  "%s does not end a verb that has just started Pulumi",
  async (signal) => {
    const before = process.listenerCount(signal);
    const listening: number[] = [];
    const { result, hasStarted } = await waitForPulumi(() => {
      listening.push(process.listenerCount(signal));
      return execa(process.execPath, ["--eval", ""], outlived);
    });
    expect([hasStarted, result.exitCode]).toEqual([true, 0]);
    expect([...listening, process.listenerCount(signal)]).toEqual([before + 1, before]);
  },
);
