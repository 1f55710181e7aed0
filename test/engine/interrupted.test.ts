import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { projectFolder } from "../../components/project-folder.ts";
import { readNeighbour } from "../../dev/neighbour-check.ts";
import { Bed } from "./bed.ts";
import { pendingOperations, untilUnlocked } from "./cli-processes.ts";

/** `pulumi up` killed with -9 at several moments: the next one finishes what was begun. */

const names = ["one", "two", "three", "four", "five", "six"];

let bed: Bed;

beforeAll(async () => {
  bed = await Bed.open();
  for (const name of names) {
    await bed.addLogin(`${name}-db-credentials`, name, `Canary-of-${name}-0123456789`);
    await bed.addLogin(`${name}-rw-db-credentials`, `${name}_rw`, `Canary-of-${name}-rw-0123`);
  }
  bed.configure((config) => {
    const entry = { roles: { rw: { profile: "readwrite" } } };
    config["berth:apps"] = Object.fromEntries(names.map((name) => [name, entry]));
  });
});

afterAll(async () => {
  await bed.close();
});

/** Runs up and kills the CLI as soon as it has said so often that something is being made. */
async function killAfter(times: number): Promise<void> {
  const { pulumi, env } = bed.toolchain;
  const args = ["up", "--yes", "--skip-preview", "--non-interactive", "--stack", bed.sandbox.stack];
  const run = execa(pulumi, [...args, "--config-file", bed.sandbox.stackFile], {
    cwd: projectFolder,
    env: { ...env, ...bed.sandbox.env },
    reject: false,
    all: true,
  });
  let seen = 0;
  run.all.on("data", (chunk: Buffer) => {
    seen += chunk.toString().split(/ creating \(/).length - 1;
    if (seen >= times) run.kill("SIGKILL");
  });
  expect((await run).isTerminated).toBe(true);
  await untilUnlocked(bed);
}

describe.each(["berth", "postgresql"])("an up with %s that was killed", (provisioner) => {
  it.each([4, 15])("after %i resources were begun is finished by the next", async (times) => {
    bed.configure((config) => {
      config["berth:postgres"]["provisioner"] = provisioner;
    });
    const before = await readNeighbour(bed.sandbox);
    await killAfter(times);
    const { exitCode, output } = await bed.up();
    expect(exitCode, output).toBe(0);
    expect((await bed.preview("--expect-no-changes")).exitCode).toBe(0);
    expect(await pendingOperations(bed)).toEqual([]);
    for (const name of names) {
      const login = { name: `${name}_rw`, password: `Canary-of-${name}-rw-0123` };
      await bed.sqlAs(login, name, "select 1");
    }
    expect(await readNeighbour(bed.sandbox)).toBe(before);
    await startOver();
  });
});

/** Nothing in state and nothing on the server, for the next case. */
async function startOver(): Promise<void> {
  const how = ["--yes", "--skip-preview", "--run-program", "--ignore-protect"];
  expect((await bed.pulumi(["destroy", ...how])).exitCode).toBe(0);
  for (const name of names) await bed.sql(`drop database ${name} with (force)`);
  await bed.sql(`drop role ${names.flatMap((name) => [name, `${name}_rw`]).join(", ")}, berth_dev`);
}
