import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, expect, test } from "vitest";

/** At Ctrl-C what runs Pulumi sends at most one signal, and stays until Pulumi has finished its steps. */

const project = path.join(import.meta.dirname, "../..");

/** Answers the first signal as Pulumi does, and gives up at the second. */
const pulumiStandIn = `#!${process.execPath}
let asked = false;
const answer = (signal) => {
  if (asked || signal === "SIGTERM") {
    console.log(signal + " received; terminating");
    process.exit(2);
  }
  asked = true;
  console.log("cancelling");
  setTimeout(() => { console.log("finished"); process.exit(255); }, 300);
};
process.on("SIGINT", answer);
process.on("SIGTERM", answer);
setInterval(() => {}, 1000);
console.log("working");
`;

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), "berth-ctrl-c-"));
  writeFileSync(path.join(folder, "pulumi"), pulumiStandIn, { mode: 0o755 });
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const runners = {
  "npm run pulumi": () => `import { runPulumi } from "./dev/pulumi/cli.ts";
    const toolchain = { pulumi: ${JSON.stringify(path.join(folder, "pulumi"))}, env: {} };
    const sandbox = { home: ${JSON.stringify(folder)}, stack: "dev", stackFile: "dev.yaml", env: {} };
    const { exitCode } = await runPulumi(toolchain, sandbox, ["up"], { output: "show" });
    process.exit(exitCode);`,
  "npm run rotate": () => `import { Interrupted } from "./cli/pulumi-process.ts";
    import { upApp } from "./cli/rotate/run-pulumi.ts";
    const app = { name: "wiki", provisioner: "berth" };
    await upApp({ args: { stack: "dev" }, app }, () => Promise.resolve("the item has it")).catch((error) => {
      if (error instanceof Interrupted) process.exit(Interrupted.exitCode);
      throw error;
    });`,
} as const;

/** Both wait for Pulumi in the same function, so one has each signal. */
const cases = [
  ["npm run pulumi", "SIGINT in a terminal"],
  ["npm run rotate", "SIGINT in a terminal"],
  ["npm run rotate", "SIGINT"],
  ["npm run rotate", "SIGTERM"],
] as const;

test.each(cases)("%s lets Pulumi finish at %s", async (runner, how) => {
  const isTerminal = how === "SIGINT in a terminal";
  const script = `process.stdin.isTTY = ${String(isTerminal)};\n${runners[runner]()}`;
  const run = execa(process.execPath, ["--input-type=module", "--eval", script], {
    cwd: project,
    env: { PATH: `${folder}:${process.env["PATH"] ?? ""}` },
    stdin: "ignore",
    detached: true,
    all: true,
    reject: false,
  });
  await new Promise<void>((resolve) => {
    run.all.on("data", (chunk: Buffer) => {
      if (chunk.toString().includes("working")) resolve();
    });
  });
  // A terminal's Ctrl-C goes to the whole group.
  const pid = run.pid ?? 0;
  process.kill(isTerminal ? -pid : pid, how === "SIGTERM" ? "SIGTERM" : "SIGINT");
  const { all, exitCode } = await run;
  expect(all).toMatch(/working\ncancelling\nfinished/);
  expect(all).not.toContain("terminating");
  expect(exitCode, all).toBe(130);
});
