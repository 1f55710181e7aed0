import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { projectFolder } from "../../components/project-folder.ts";
import { readNeighbour } from "../../dev/neighbour-check.ts";
import { ensureStack } from "../../dev/pulumi-cli.ts";
import { Bed } from "./bed.ts";

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
  await ensureStack(bed.toolchain, bed.sandbox);
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
    expect(await findPending()).toBe((await hasPending()) ? "warning" : "ok");
    await clearPending(provisioner);
    expect(await findPending()).toBe("ok");
    for (const name of names) {
      const login = { name: `${name}_rw`, password: `Canary-of-${name}-rw-0123` };
      await bed.sqlAs(login, name, "select 1");
    }
    expect(await readNeighbour(bed.sandbox)).toBe(before);
    await startOver();
  });
});

/** What Pulumi keeps of a create that was killed, whatever came after, ends with one command. */
async function clearPending(provisioner: string): Promise<void> {
  const through = provisioner === "berth" ? [] : ["--run-program"];
  const how = ["--clear-pending-creates", "--yes", "--skip-preview", ...through];
  const { exitCode, output } = await bed.pulumi(["refresh", ...how]);
  expect(exitCode, output).toBe(0);
  expect(await hasPending()).toBe(false);
}

async function hasPending(): Promise<boolean> {
  return (await bed.pulumi(["stack", "export"])).output.includes("pending_operations");
}

/** What doctor says of it. */
async function findPending(): Promise<string | undefined> {
  const { stack, stackFile, env } = bed.sandbox;
  const args = ["cli/main.ts", "doctor", "--stack", stack, "--config-file", stackFile, "--json"];
  const options = { cwd: projectFolder, env: { ...bed.toolchain.env, ...env }, reject: false };
  const { stdout } = await execa(process.execPath, args, options);
  const { findings } = JSON.parse(stdout) as { findings: { name: string; status: string }[] };
  return findings.find(({ name }) => name === "pending")?.status;
}

/** Nothing in state and nothing on the server, for the next case. */
async function startOver(): Promise<void> {
  const how = ["--yes", "--skip-preview", "--run-program", "--ignore-protect"];
  expect((await bed.pulumi(["destroy", ...how])).exitCode).toBe(0);
  for (const name of names) await bed.sql(`drop database ${name} with (force)`);
  await bed.sql(`drop role ${names.flatMap((name) => [name, `${name}_rw`]).join(", ")}, berth_dev`);
}
