import { copyFileSync, mkdirSync } from "node:fs";
import path from "node:path";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { ensureStack, runPulumi } from "../../dev/pulumi/cli.ts";
import type { Sandbox } from "../../dev/sandbox.ts";
import { countFaults } from "../faults/count.ts";
import type { Config } from "./bed.ts";
import { openGround } from "./ground.ts";
import { useBed } from "./use-bed.ts";

/** Stacks whose names come to the same, or are the same in two backends: neither gets at the other's app. */

vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

const bed = useBed();
let first: Sandbox;
/** What the first stack is called now. */
let stack = "team-a";

beforeAll(async () => {
  bed.configure((config) => {
    config["berth:apps"] = { netbox: {} };
  });
  first = { ...bed.sandbox, stack: "team-a" };
  await ensureStack(bed.toolchain, first);
  expect((await up(first)).exitCode).toBe(0);
  await bed.sql("create table orders as select generate_series(1, 3) as id", "netbox");
});

countFaults("of stacks with names alike", () =>
  openGround(bed, { database: "netbox", table: "orders", stack: () => stack }),
);

const run = async (stack: Sandbox, ...args: readonly string[]) => {
  const all = [...args, "--non-interactive"];
  const options = { output: "keep", env: { NO_COLOR: "1" } } as const;
  const result = await runPulumi(bed.toolchain, stack, all, options);
  bed.outputs.push(result.output);
  return result;
};
const up = (stack: Sandbox) => run(stack, "up", "--yes", "--skip-preview");
const rows = async () => (await bed.sql("select id from orders", "netbox")).length;
const roles = async () => {
  const found = await bed.sql<{ name: string; comment: string }>(
    `select rolname::text as name, shobj_description(oid, 'pg_authid') as comment
     from pg_roles where rolname like 'berth\\_%' order by 1`,
  );
  return found.map(({ name, comment }) => `${name}: ${comment}`);
};

/** A stack is refused that wants the app for good, and then rid of it. */
async function expectRefused(
  other: Sandbox,
  says: RegExp,
  edit: (config: Config) => void = () => undefined,
): Promise<void> {
  await ensureStack(bed.toolchain, other);
  const restore = bed.configure((config) => {
    config["berth:apps"] = { netbox: { reclaimPolicy: "delete" } };
    config["berth:postgres"]["confirmDelete"] = ["netbox"];
    edit(config);
  });
  const { exitCode, output } = await up(other);
  restore();
  expect(exitCode).not.toBe(0);
  expect(output).toMatch(says);
  expect(await rows()).toBe(3);
}

describe("the rows of team-a survive", () => {
  it("team.a, which wants to drop its app: it is refused, and both are named", async () => {
    const says = /role "netbox" exists and was made by stack organization\/berth\/team-a/;
    await expectRefused({ ...bed.sandbox, stack: "team.a" }, says);
  });

  it("team.a with team-a's ownership role by name", async () => {
    const [ownershipComment = ""] = await roles();
    const says =
      /belongs to stack organization\/berth\/team-a \(id \w{16}\), and this is stack organization\/berth\/team\.a \(id \w{16}\)/;
    await expectRefused({ ...bed.sandbox, stack: "team.a" }, says, (config) => {
      config["berth:postgres"]["ownershipRole"] = ownershipComment.split(":")[0];
    });
  });

  it("a stack of the same name in another backend", async () => {
    const home = path.join(bed.sandbox.home, "other");
    mkdirSync(path.join(home, "state"), { recursive: true });
    copyFileSync(path.join(bed.sandbox.home, "Pulumi.yaml"), path.join(home, "Pulumi.yaml"));
    const env = { ...bed.sandbox.env, PULUMI_BACKEND_URL: `file://${path.join(home, "state")}` };
    const says = /belongs to stack organization\/berth\/team-a \(id/;
    await expectRefused({ ...first, home, env }, says, (config) => {
      config["berth:stack"] = { id: "id-of-the-other-backend" };
    });
  });

  it("a rename, after which the stack goes on with one word", async () => {
    const [before = ""] = await roles();
    const renamed = await run(first, "stack", "rename", "team-b");
    expect(renamed.exitCode, renamed.output).toBe(0);
    stack = "team-b";
    const called = { ...first, stack };
    const { exitCode, output } = await up(called);
    expect(exitCode, output).toBe(0);
    expect(output).toContain(
      "stack organization/berth/team-a is called organization/berth/team-b now",
    );
    expect(await roles()).toEqual([
      expect.stringContaining(
        `${before.split(":")[0] ?? ""}: berth: stack organization/berth/team-b`,
      ),
    ]);
    const again = await run(called, "preview", "--expect-no-changes");
    expect(again.exitCode, again.output).toBe(0);
    expect(await rows()).toBe(3);
  });
});
