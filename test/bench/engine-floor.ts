import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import { pulumiDefaults } from "../../dev/pulumi/cli.ts";
import { ensureToolchain } from "../../toolchain/ensure.ts";
import type { Say } from "./apps.ts";
import { timedAndWatched } from "./timing.ts";

/** What Pulumi takes for as many resources as the stack has apps, of a provider that does nothing; in seconds. */
export interface EngineFloor {
  readonly up_s: number;
  readonly noop_s: number;
  readonly refresh_s: number;
  readonly noop_cpu_s: number | undefined;
}

const project = path.join(import.meta.dirname, "nothing");

export async function measureEngineFloor(n: number, say: Say): Promise<EngineFloor> {
  const home = mkdtempSync(path.join(tmpdir(), "berth-bench-"));
  try {
    const toolchain = await ensureToolchain(say);
    mkdirSync(path.join(home, "state"));
    // `pulumi stack init` writes its salt into the folder that it runs in.
    writeFileSync(path.join(home, "Pulumi.yaml"), "name: nothing\nruntime: nodejs\n");
    const env = {
      ...toolchain.env,
      ...pulumiDefaults({}),
      PULUMI_BACKEND_URL: `file://${path.join(home, "state")}`,
      PULUMI_CONFIG_PASSPHRASE: "of-the-bench",
      BENCH_RESOURCES: String(n),
    };
    const stack = ["stack", "init", "bench", "--non-interactive"];
    await execa(toolchain.pulumi, stack, { cwd: home, env });
    const on = {
      PULUMI_STACK: "bench",
      PULUMI_OPTION_CONFIG_FILE: path.join(home, "Pulumi.bench.yaml"),
    };
    const run = (...args: readonly string[]) =>
      timedAndWatched(() =>
        execa(toolchain.pulumi, [...args, "--non-interactive"], {
          cwd: project,
          env: { ...env, ...on },
        }),
      );
    const up = await run("up", "--yes", "--skip-preview", "--suppress-progress");
    const noop = await run("preview", "--expect-no-changes");
    const refresh = await run("refresh", "--yes", "--skip-preview");
    say(`the engine's floor: preview ${noop.seconds.toFixed(1)} s`);
    return {
      up_s: up.seconds,
      noop_s: noop.seconds,
      refresh_s: refresh.seconds,
      noop_cpu_s: noop.cpu_s,
    };
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}
