import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import { parse, stringify } from "yaml";
import type { Verdict } from "../../cli/verify/verb.ts";
import { projectFolder } from "../../components/project-folder.ts";
import { connectAsSuperuser } from "../../dev/postgres/neighbour.ts";
import { queryAs, queryOnce } from "../../dev/postgres/query.ts";
import { ensurePlugins, ensureStack, type PulumiResult, runPulumi } from "../../dev/pulumi/cli.ts";
import {
  openSandbox,
  removeSandbox,
  type Sandbox,
  type SandboxOptions,
} from "../../dev/sandbox.ts";
import { verifySandbox } from "../../dev/verify-sandbox.ts";
import { ensureToolchain, type Toolchain } from "../../toolchain/ensure.ts";
import { ItemsBed } from "./items-bed.ts";

/** The `config` of a stack file, as plain values to edit. */
export type Config = Record<string, unknown> & {
  "berth:apps": Record<string, unknown>;
  "berth:postgres": Record<string, unknown>;
};

/**
 * The real thing to test on: a sandbox of its own (Postgres with `log_statement=all`, the stand-in for
 * Connect, a backend) and the real CLI with real providers in the project folder.
 */
export class Bed extends ItemsBed {
  /** What the CLI printed, on whichever bed; a failed test shows its share. */
  static readonly printed: string[] = [];
  /** Everything that the CLI ever printed here. */
  readonly outputs: string[] = [];
  readonly #options: Omit<SandboxOptions, "home">;
  #home: string | undefined;
  #opened: { readonly sandbox: Sandbox; readonly toolchain: Toolchain } | undefined;

  constructor(options: Omit<SandboxOptions, "home"> = {}) {
    super();
    this.#options = options;
  }

  static async open(options?: Omit<SandboxOptions, "home">): Promise<Bed> {
    const bed = new Bed(options);
    await bed.open();
    return bed;
  }

  async open(): Promise<void> {
    const toolchain = await ensureToolchain(report);
    const home = mkdtempSync(path.join(tmpdir(), "berth-bed-"));
    this.#home = home;
    const settings = { log_statement: "all", ...this.#options.settings };
    const sandbox = await openSandbox({ ...this.#options, home, settings });
    this.#opened = { sandbox, toolchain };
    await ensureStack(toolchain, sandbox);
  }

  /** Stops what `open` has started, also where it failed. */
  async close(): Promise<void> {
    if (this.#home !== undefined) await removeSandbox(this.#home);
  }

  get sandbox(): Sandbox {
    return this.#open.sandbox;
  }

  get toolchain(): Toolchain {
    return this.#open.toolchain;
  }

  get #open() {
    if (this.#opened === undefined) throw new Error("the bed has not been opened");
    return this.#opened;
  }

  /** Runs the CLI; the environment given here wins over the sandbox's. */
  async pulumi(
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): Promise<PulumiResult> {
    await this.ensurePlugins();
    const options = { output: "keep", env: { NO_COLOR: "1", ...env } } as const;
    const result = await runPulumi(
      this.toolchain,
      this.sandbox,
      [...args, "--non-interactive"],
      options,
    );
    this.#keep(result.output);
    return result;
  }

  #keep(...printed: readonly string[]): void {
    this.outputs.push(...printed);
    Bed.printed.push(...printed);
  }

  /** Runs a verb as its user does, on the bed's stack; what is given here wins. */
  async berth(
    [verb = "", ...more]: readonly string[],
    env: Readonly<Record<string, string | undefined>> = {},
  ) {
    await this.ensurePlugins();
    const { stack, stackFile } = this.sandbox;
    const cli = path.join(projectFolder, "cli/main.ts");
    const args = [cli, verb, "--stack", stack, "--config-file", stackFile, ...more];
    const { exitCode, stdout, stderr } = await execa(process.execPath, args, {
      cwd: projectFolder,
      env: { ...this.toolchain.env, ...this.sandbox.env, NO_COLOR: "1", ...env },
      stdin: "ignore",
      reject: false,
    });
    this.#keep(stdout, stderr);
    return { exitCode, stdout, stderr };
  }

  /** What `verify` finds. */
  verify(): Promise<Verdict> {
    return verifySandbox(this.sandbox);
  }

  /** Those that the stack file asks for by now. `startUp` does not wait for them. */
  ensurePlugins(): Promise<void> {
    return ensurePlugins(this.sandbox, report);
  }

  up(env?: Readonly<Record<string, string>>): Promise<PulumiResult> {
    return this.pulumi(["up", "--yes", "--skip-preview", "--suppress-progress"], env);
  }

  /** An up that has to succeed: what it printed. */
  async bringUp(env?: Readonly<Record<string, string>>): Promise<string> {
    const { exitCode, output } = await this.up(env);
    if (exitCode !== 0) throw new Error(`up failed: ${output}`);
    return output;
  }

  /** An up of a stack file with an edit, which has to fail: what it printed. */
  async failUp(
    edit?: (config: Config) => void,
    env?: Readonly<Record<string, string>>,
  ): Promise<string> {
    const restore = edit && this.configure(edit);
    const { exitCode, output } = await this.up(env);
    restore?.();
    if (exitCode === 0) throw new Error(`up did not fail: ${output}`);
    return output;
  }

  /** There has to be nothing to do. */
  async expectNoChanges(env?: Readonly<Record<string, string>>): Promise<void> {
    const args = ["preview", "--diff", "--expect-no-changes"];
    const { exitCode, output } = await this.pulumi(args, env);
    if (exitCode !== 0) throw new Error(`there is something to do: ${output}`);
  }

  /** Starts an up that can be ended from outside: its process group gets what a terminal would send. */
  startUp(env: Readonly<Record<string, string>> = {}) {
    const { pulumi, env: tools } = this.toolchain;
    const { stack, stackFile, env: sandbox } = this.sandbox;
    const args = ["up", "--yes", "--skip-preview", "--non-interactive", "--stack", stack];
    return execa(pulumi, [...args, "--config-file", stackFile], {
      cwd: projectFolder,
      env: { ...tools, ...sandbox, ...env },
      reject: false,
      all: true,
      detached: true,
    });
  }

  preview(...more: readonly string[]): Promise<PulumiResult> {
    return this.pulumi(["preview", "--diff", ...more]);
  }

  /** Edits the stack file in place, and gives back what puts it as it was. */
  configure(edit: (config: Config) => void): () => void {
    const before = readFileSync(this.sandbox.stackFile, "utf8");
    const document = parse(before) as { config: Config };
    edit(document.config);
    writeFileSync(this.sandbox.stackFile, stringify(document, { aliasDuplicateObjects: false }));
    return () => {
      writeFileSync(this.sandbox.stackFile, before);
    };
  }

  get gitops(): string {
    return path.join(this.sandbox.home, "gitops");
  }

  /** One statement as the superuser. */
  async sql<T extends object>(statement: string, database = "postgres"): Promise<T[]> {
    return await queryOnce<T>(
      await connectAsSuperuser(this.sandbox.superuser, database),
      statement,
    );
  }

  /** One statement as an app's role. */
  async sqlAs<T extends object>(
    login: { name: string; password: string },
    database: string,
    statement: string,
  ): Promise<T[]> {
    return await queryAs<T>(this.sandbox.superuser, login, database, statement);
  }
}

const report = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

/** Files below a folder whose text holds one of the values. */
export async function filesWith(folder: string, values: readonly string[]): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const hits: string[] = [];
  for (const entry of entries.filter((found) => found.isFile())) {
    const file = path.join(entry.parentPath, entry.name);
    const text = await readFile(file, "utf8");
    if (values.some((value) => text.includes(value))) hits.push(file);
  }
  return hits;
}
