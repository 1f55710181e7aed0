import { execa } from "execa";
import { findFileBackend } from "../../components/engine/file-backend.ts";
import { requireUnlocked } from "../../components/engine/stack-locks.ts";
import { BerthError } from "../../components/errors.ts";
import { projectFolder } from "../../components/project-folder.ts";

/**
 * Fails while the item is as it was, where `pulumi up` could not run: a password that reaches the item alone locks
 * the app out.
 */
export async function requirePulumi(stack: string): Promise<void> {
  requireUnlocked(findFileBackend(projectFolder, process.env), stack);
  const { code } = await execa("pulumi", ["version"], { stdin: "ignore", reject: false });
  if (code !== "ENOENT") return;
  throw new BerthError("rotate: pulumi is not on PATH; nothing was changed", {
    hint: "install Pulumi (https://www.pulumi.com/docs/install/), then run the same command again",
  });
}
