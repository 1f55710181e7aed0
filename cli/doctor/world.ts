import { delimiter, sep } from "node:path";
import { execa } from "execa";
import { requireAnswer } from "../../toolchain/download.ts";

/** What the checks see of this machine. Tests use a fake. */
export interface World {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The folder of `Pulumi.yaml`. */
  readonly project: string;
  /** Runs a program in the project folder. undefined = it is not on PATH. */
  readonly run: (
    command: string,
    args: readonly string[],
  ) => Promise<{ exitCode: number; stdout: string; stderr: string } | undefined>;
  /** Throws when the site of an address does not answer. */
  readonly reach: (address: string | undefined) => Promise<void>;
}

/** This machine, as a user sees it who runs `pulumi up`. */
export function openWorld(project: string): World {
  const env = { ...process.env, PATH: toUserPath(process.env["PATH"] ?? "") };
  return {
    env,
    project,
    reach: requireAnswer,
    run: async (command, args) => {
      const result = await execa(command, args, {
        cwd: project,
        env: { ...env, PULUMI_SKIP_UPDATE_CHECK: "true" },
        extendEnv: false,
        stdin: "ignore",
        reject: false,
        timeout: 60_000,
      });
      if (result.code === "ENOENT") return undefined;
      const { exitCode = 1, stdout, stderr } = result;
      return { exitCode, stdout, stderr: stderr || (result.timedOut ? "no end within 60 s" : "") };
    },
  };
}

/** PATH without the folders that npm adds. Their `node` is not the one that `pulumi` starts. */
export function toUserPath(path: string): string {
  const folders = path.split(delimiter);
  const first = folders.findIndex((folder) => !folder.split(sep).includes("node_modules"));
  return folders.slice(first === -1 ? folders.length : first).join(delimiter);
}
