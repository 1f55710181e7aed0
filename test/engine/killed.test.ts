import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { requireUnlocked } from "../../components/engine/stack-locks.ts";
import { projectFolder } from "../../components/project-folder.ts";
import { connectAsSuperuser } from "../../dev/postgres/neighbour.ts";
import { backendOf, releaseOwnLock } from "../../dev/pulumi/own-lock.ts";
import { countFaults } from "../faults/count.ts";
import { findStarted, killQuietly, pendingOperations } from "./cli-processes.ts";
import { KillBed } from "./kill-bed.ts";
import { seeded } from "./seeded.ts";

/**
 * Runs that end before they are done, each by what really ends them: kill -9 of the CLI, of the program or of the
 * provider, or Ctrl-C twice. The next `pulumi up` finishes, after `pulumi cancel` where a CLI was killed.
 * Only real processes show what Pulumi leaves. BERTH_SEED repeats the moments of an earlier run; killed.full.test.ts
 * has more of them.
 */

const seed = Number(process.env["BERTH_SEED"] ?? Date.now() % 1_000_000);
let kill: KillBed;

beforeAll(async () => {
  kill = await KillBed.open(6);
});

afterAll(async () => {
  await kill.close();
});

const faults = countFaults("runs that are killed", () => kill.openGround());

/** Every file of the backend's locks and stacks, and what it holds. */
function readBackend(): Record<string, string> {
  const folder = path.join(kill.bed.sandbox.home, "state/.pulumi");
  const files = ["locks", "stacks"]
    .flatMap((name) =>
      readdirSync(path.join(folder, name), { recursive: true, encoding: "utf8" }).map((file) =>
        path.join(name, file),
      ),
    )
    .filter((file) => file.endsWith(".json"));
  return Object.fromEntries(
    files.map((file) => [file, readFileSync(path.join(folder, file), "utf8")]),
  );
}

describe("an end by force", () => {
  it(`kill -9 at 3 random moments of an up (BERTH_SEED=${String(seed)}), and one up finishes each`, async () => {
    await kill.killAtRandomMoments(3, seeded(seed));
    faults.also(2);
  });

  it("kill -9 of all at once, as when the machine goes down: what README says clears it", async () => {
    const { bed } = kill;
    await kill.forget();
    kill.haveApps(30);
    const up = kill.startUp();
    await up.done(2);
    const cli = up.run.pid ?? 0;
    const providers = await findStarted(cli, "the provider");
    for (const pid of providers) killQuietly(pid, "SIGSTOP");
    killQuietly(cli, "SIGKILL");
    for (const pid of providers) killQuietly(pid, "SIGKILL");
    await up.run;
    expect(await bed.failUp()).toContain("the stack is currently locked");
    await bed.pulumi(["cancel", "--yes"]);
    expect(await kill.expectFinished(30)).toContain("pending operations from previous deployment");
    await bed.pulumi(["refresh", "--yes", "--skip-preview", "--clear-pending-creates"]);
    expect(await pendingOperations(bed)).toEqual([]);
  });

  it("kill -9 of all, with no state written in between: nothing is pending, and the next up adopts", async () => {
    await kill.forget();
    kill.haveApps(30);
    const up = kill.startUp({ PULUMI_SKIP_CHECKPOINTS: "true" });
    await up.done(2);
    killQuietly(-(up.run.pid ?? 0), "SIGKILL");
    await up.run;
    await kill.bed.pulumi(["cancel", "--yes"]);
    expect(await pendingOperations(kill.bed)).toEqual([]);
    expect(await kill.expectFinished(30)).not.toContain("pending operations");
  });

  it("Ctrl-C twice at once, for which Pulumi leaves alone what it had begun: the next up finishes", async () => {
    kill.haveApps(31);
    const { run, begun } = kill.startUp();
    await begun();
    const group = -(run.pid ?? 0);
    killQuietly(group, "SIGINT");
    await delay(20);
    killQuietly(group, "SIGINT");
    await run;
    await kill.expectFinished(31);
  });
});

describe("a run that goes on", () => {
  it.runIf(process.platform === "linux" && process.getuid?.() === 0)(
    "in another pid namespace keeps its lock and its state when another begins",
    async () => {
      const { bed } = kill;
      kill.haveApps(34);
      // The first run waits for it, in the middle of its work.
      const holder = await connectAsSuperuser(bed.sandbox.superuser, "postgres");
      await holder.query("select pg_advisory_lock(422608794728)");
      const { stack, stackFile, env } = bed.sandbox;
      const up = ["up", "--yes", "--skip-preview", "--non-interactive", "--stack", stack];
      const first = execa(
        "unshare",
        [
          "--pid",
          "--fork",
          "--mount-proc",
          bed.toolchain.pulumi,
          ...up,
          "--config-file",
          stackFile,
        ],
        { cwd: projectFolder, env: { ...bed.toolchain.env, ...env }, reject: false, all: true },
      );
      await expect.poll(() => pendingOperations(bed)).toHaveLength(kill.names.length);
      const before = readBackend();
      expect(Object.keys(before)).toHaveLength(2);

      const second = await bed.failUp();
      releaseOwnLock(bed.sandbox);

      expect(second).toMatch(/currently locked by 1 lock\(s\)[^]*created by .+@.+ \(pid \d+\)/);
      expect(() => {
        requireUnlocked(backendOf(bed.sandbox), stack);
      }).toThrow(/^stack dev: locked by .+@.+ \(pid \d+\) since [^]*npm run pulumi -- cancel$/);
      expect(readBackend()).toEqual(before);
      await holder.end();
      expect((await first).exitCode, (await first).all).toBe(0);
      expect(await pendingOperations(bed)).toEqual([]);
      await kill.expectFinished(34);
    },
  );
});

it("after all of that nothing is left to do, and every app can log in", async () => {
  await kill.expectConverged();
});
