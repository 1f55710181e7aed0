import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { diagnose } from "../../cli/doctor/diagnose.ts";
import { connectAsSuperuser } from "../../dev/postgres/neighbour.ts";
import { findPackages } from "../../dev/pulumi/cli.ts";
import { hasGo, useGoBinary } from "../fakes/go-program.ts";
import { killQuietly, pendingOperations } from "./cli-processes.ts";
import { withStatus, worldOf } from "./doctor-bed.ts";
import { startS3Server } from "./s3-server.ts";
import { useBed } from "./use-bed.ts";

/**
 * The places where teams keep state, each with what happens there: a run, a second one, two at once, and a run that is
 * killed. Pulumi's locks are files, rows or objects, and its own code alone reads the last two.
 */

interface Backend {
  readonly env: Readonly<Record<string, string>>;
  readonly stop?: () => Promise<void>;
}

const versitygw = useGoBinary("engine/s3-server", "github.com/versity/versitygw/cmd/versitygw");
const stateLogin = { name: "pulumi_state", password: "Canary-of-the-state-0123456789" };

const bed = useBed();

afterAll(() => {
  const printed = bed.outputs.join("\n");
  const secrets = [...bed.secrets(), stateLogin.password];
  expect(secrets.filter((secret) => printed.includes(secret))).toEqual([]);
});

const openFolder = (): Promise<Backend> => {
  const folder = path.join(bed.sandbox.home, "of-a-team");
  mkdirSync(folder);
  return Promise.resolve({ env: { PULUMI_BACKEND_URL: `file://${folder}?metadata=skip` } });
};

/** In a database of the server that the apps are on. */
const openDatabase = async (): Promise<Backend> => {
  const { name, password } = stateLogin;
  const { host, port } = bed.sandbox.superuser;
  await bed.sql(`create role ${name} login password '${password}'`);
  await bed.sql(`create database ${name} owner ${name}`);
  const PGPASSFILE = path.join(bed.sandbox.home, "state-pgpass");
  writeFileSync(PGPASSFILE, `*:*:*:${name}:${password}\n`, { mode: 0o600 });
  const url = `postgres://${name}@${host}:${String(port)}/${name}?sslmode=disable`;
  // PGOPTIONS of the sandbox, which docs/provisioners.md advises, has another search_path.
  const without = await bed.pulumi(["stack", "ls"], {
    PGPASSFILE,
    PULUMI_BACKEND_URL: url,
  });
  expect(without.output).toContain("permission denied for schema pg_catalog");
  return { env: { PGPASSFILE, PULUMI_BACKEND_URL: `${url}&search_path=public` } };
};

const openBucket = (): Promise<Backend> =>
  startS3Server(versitygw, path.join(bed.sandbox.home, "s3"));

const lockedWords =
  /the stack is currently locked by 1 lock\(s\)\. Either wait for the other process\(es\) to end or delete the lock file with `pulumi cancel`\.[^]*created by .+@.+ \(pid \d+\) at \d{4}-/;

describe.each([
  ["a folder", "folder", openFolder, true],
  ["a Postgres", "database", openDatabase, true],
  ["an S3 bucket", "bucket", openBucket, hasGo],
] as const)("state in %s", (_, prefix, open, isThere) => {
  let backend: Backend;

  beforeAll(async () => {
    if (!isThere) return;
    backend = await open();
    const { toolchain, sandbox } = bed;
    await execa(toolchain.pulumi, ["stack", "init", sandbox.stack, "--non-interactive"], {
      cwd: sandbox.home,
      env: { ...toolchain.env, ...sandbox.env, ...backend.env },
    });
  });

  afterAll(async () => {
    if (isThere) await backend.stop?.();
  });

  const run = (...args: readonly string[]) => bed.pulumi(args, backend.env);
  const up = () => run("up", "--yes", "--skip-preview", "--suppress-progress");

  const haveApps = async (...names: readonly string[]): Promise<void> => {
    for (const name of names) {
      await bed.addLogin(`${name}-db-credentials`, name, `Canary-of-${name}-0123456789`);
    }
    bed.configure((config) => {
      delete config["berth:gitops"];
      const before = Object.keys(config["berth:apps"]).filter((name) => name.startsWith(prefix));
      config["berth:apps"] = Object.fromEntries([...before, ...names].map((name) => [name, {}]));
    });
  };

  /** Starts an up that waits in the middle of its work until `release`. */
  const startHeldUp = async () => {
    const holder = await connectAsSuperuser(bed.sandbox.superuser, "postgres");
    await holder.query("select pg_advisory_lock(422608794728)");
    const held = bed.startUp(backend.env);
    const waiting = "select from pg_locks where locktype = 'advisory' and not granted";
    await expect.poll(() => bed.sql(waiting)).not.toEqual([]);
    return { held, release: () => holder.end() };
  };

  it.runIf(isThere)(
    "two runs at once: the second is refused and says who runs, the first ends well",
    async () => {
      await haveApps(`${prefix}1`, `${prefix}2`);
      const { held, release } = await startHeldUp();
      const second = await up();
      await release();
      expect(second.output).toMatch(lockedWords);
      expect(second.exitCode).not.toBe(0);
      const first = await held;
      expect(first.exitCode, first.all).toBe(0);
    },
  );

  it.runIf(isThere)("a second up changes nothing", async () => {
    const { exitCode, output } = await run("up", "--yes", "--skip-preview", "--expect-no-changes");
    expect(exitCode, output).toBe(0);
  });

  it.runIf(isThere)(
    "after kill -9 of all `pulumi cancel` and one up finish what was begun",
    async () => {
      await haveApps(`${prefix}3`);
      const { held, release } = await startHeldUp();
      killQuietly(-(held.pid ?? 0), "SIGKILL");
      await held;
      await release();
      expect((await up()).output).toMatch(lockedWords);
      expect((await run("cancel", "--yes")).exitCode).toBe(0);
      const { exitCode, output } = await up();
      expect(exitCode, output).toBe(0);
      expect(output).toContain("pending operations from previous deployment");
      await run("refresh", "--yes", "--clear-pending-creates");
      expect(await pendingOperations(bed, backend.env)).toEqual([]);
      const again = await run("preview", "--expect-no-changes");
      expect(again.exitCode, again.output).toBe(0);
    },
  );

  it.runIf(isThere)("npm run pulumi finds which plugins the state needs", async () => {
    const env = { ...bed.sandbox.env, ...backend.env };
    expect(await findPackages({ ...bed.sandbox, env }, () => undefined)).toEqual(["berth"]);
  });

  it.runIf(isThere)("doctor finds the stack there", async () => {
    const stack = { name: bed.sandbox.stack, file: bed.sandbox.stackFile };
    const findings = await diagnose(worldOf(bed, backend.env), stack);
    const machine = findings.filter(({ group }) => group === "machine");
    expect(withStatus(machine, "failed")).toEqual([]);
    expect(withStatus(machine, "ok")).toEqual(
      expect.arrayContaining([expect.stringContaining("machine: stack: dev is in ")]),
    );
  });
});
