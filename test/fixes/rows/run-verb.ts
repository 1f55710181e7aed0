import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { vi } from "vitest";
import { defineProgram } from "../../../cli/program.ts";
import { writeStack } from "../../fakes/stack.ts";
import { edited, type Trial } from "../trial.ts";

/** Runs a verb in this process. What is only said of 1Password or Pulumi comes after what a row refuses. */
export async function berth(args: readonly string[]): Promise<void> {
  const spies = [process.stdout, process.stderr].map((stream) =>
    vi.spyOn(stream, "write").mockReturnValue(true),
  );
  vi.stubEnv("PULUMI_HOME", path.join(tmpdir(), "berth-no-home"));
  vi.stubEnv("PULUMI_STACK", "");
  vi.stubEnv("OP_CONNECT_HOST", "http://127.0.0.1:9");
  vi.stubEnv("OP_CONNECT_TOKEN", "of-this-test");
  vi.stubEnv("PATH", path.join(tmpdir(), "berth-no-path"));
  const before = process.exitCode;
  try {
    await defineProgram().parseAsync(args, { from: "user" });
  } catch (error) {
    if (!/cannot reach 1Password|pulumi is not on PATH/.test(String(error))) throw error;
  } finally {
    process.exitCode = before;
    for (const spy of spies) spy.mockRestore();
  }
}

export type Edit = (args: readonly string[], fix: string, message: string) => readonly string[];

/** Arguments that are refused, for the example stack. */
export const ofExample = (args: string, edit: Edit) =>
  edited<readonly string[]>([...args.split(" "), "--stack", "prod"], berth, edit);

/** The same for a stack of one's own. */
export const ofStack =
  (args: string, apps: object, edit: Edit, more: object = {}) =>
  (): Trial => {
    const folder = mkdtempSync(path.join(tmpdir(), "berth-fixes-"));
    const file = path.join(folder, "Pulumi.prod.yaml");
    const sections = Object.entries({ ...writeStack(apps), ...more });
    const config = Object.fromEntries(sections.map(([key, value]) => [`berth:${key}`, value]));
    writeFileSync(file, JSON.stringify({ encryptionsalt: "v1:test", config }));
    const given = [...args.split(" "), "--stack", "prod", "--config-file", file];
    const end = (): void => {
      rmSync(folder, { recursive: true });
    };
    return { ...edited<readonly string[]>(given, berth, edit)(), end };
  };

/** The options that a fix adds, as it writes them. */
export const add: Edit = (args, fix) => [
  ...args,
  ...(/--[a-z]+( \w+)?/.exec(fix)?.[0] ?? "").split(" "),
];
export const addWord =
  (...words: readonly string[]): Edit =>
  (args) => [...args, ...words];
export const replace =
  (from: string, to: string): Edit =>
  (args) =>
    args.map((one) => (one === from ? to : one));
export const without =
  (...words: readonly string[]): Edit =>
  (args) =>
    args.filter((one) => !words.includes(one));

export const vault = { secrets: { vault: { connection: "tools/default" } } };
export const ofVault = { credentials: "vault", vault: { restart: [] } };
export const people = { roles: { people: { profile: "readonly", login: "external" } } };
