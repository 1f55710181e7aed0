import { appendFileSync, mkdirSync } from "node:fs";
import path from "node:path";
import { execa } from "execa";

/** What git prints in a folder. */
export async function git(folder: string, ...args: readonly string[]): Promise<string> {
  return (await execa("git", ["-C", folder, ...args], { stdin: "ignore" })).stdout;
}

/** Makes a folder a checkout, in which commits can be made. */
export async function initCheckout(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  await git(folder, "init", "--quiet", "--initial-branch=main");
  const settings = "[user]\nname = t\nemail = t@example.org\n[commit]\ngpgsign = false\n";
  appendFileSync(path.join(folder, ".git/config"), settings);
}

/** Commits all that is in it. */
export async function commitAll(folder: string, message: string): Promise<void> {
  await git(folder, "add", "--all");
  await git(folder, "commit", "--quiet", "-m", message);
}
