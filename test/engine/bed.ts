import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import { Client } from "pg";
import { parse, stringify } from "yaml";
import { projectFolder } from "../../components/project-folder.ts";
import { addLogin } from "../../dev/connect/add-login.ts";
import { VaultStore } from "../../dev/connect/vault-data.ts";
import { connectAsSuperuser } from "../../dev/postgres/neighbour.ts";
import {
  ensurePlugins,
  ensureStack,
  openToolchain,
  type PulumiResult,
  runPulumi,
} from "../../dev/pulumi-cli.ts";
import {
  findItem,
  loginOf,
  openSandbox,
  removeSandbox,
  type Sandbox,
  type SandboxOptions,
} from "../../dev/sandbox.ts";
import type { Toolchain } from "../../toolchain/ensure.ts";

/** The `config` of a stack file, as plain values to edit. */
export type Config = Record<string, unknown> & {
  "berth:apps": Record<string, unknown>;
  "berth:postgres": Record<string, unknown>;
};

/**
 * The real thing to test on: a sandbox of its own (Postgres with `log_statement=all`, the stand-in for
 * Connect, a backend) and the real CLI with real providers in the project folder.
 */
export class Bed {
  /** What the CLI printed, on whichever bed; a failed test shows its share. */
  static readonly printed: string[] = [];
  /** Everything that the CLI ever printed here. */
  readonly outputs: string[] = [];
  readonly #options: Omit<SandboxOptions, "home">;
  #opened: { readonly sandbox: Sandbox; readonly toolchain: Toolchain } | undefined;

  constructor(options: Omit<SandboxOptions, "home"> = {}) {
    this.#options = options;
  }

  static async open(options?: Omit<SandboxOptions, "home">): Promise<Bed> {
    const bed = new Bed(options);
    await bed.open();
    return bed;
  }

  async open(): Promise<void> {
    const toolchain = await openToolchain(report);
    const home = mkdtempSync(path.join(tmpdir(), "berth-bed-"));
    const settings = { log_statement: "all", ...this.#options.settings };
    const sandbox = await openSandbox({ ...this.#options, home, settings });
    this.#opened = { sandbox, toolchain };
    await ensureStack(toolchain, sandbox);
  }

  async close(): Promise<void> {
    await removeSandbox(this.sandbox.home);
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
    this.outputs.push(result.output);
    Bed.printed.push(result.output);
    return result;
  }

  /** Those that the stack file asks for by now. `startUp` does not wait for them. */
  ensurePlugins(): Promise<void> {
    return ensurePlugins(this.sandbox, report);
  }

  up(env?: Readonly<Record<string, string>>): Promise<PulumiResult> {
    return this.pulumi(["up", "--yes", "--skip-preview", "--suppress-progress"], env);
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

  vault(): VaultStore {
    return VaultStore.load(this.sandbox.vaultFile);
  }

  login(item: string): { name: string; password: string } {
    return loginOf(this.vault(), item);
  }

  /** Changes an item as a person would: through the Connect API. */
  async editItem(title: string, edit: (fields: Record<string, unknown>[]) => void): Promise<void> {
    const item = structuredClone(findItem(this.vault(), title));
    edit(item.fields);
    const { OP_CONNECT_HOST: url = "", OP_CONNECT_TOKEN: token = "" } = this.sandbox.env;
    const answer = await fetch(`${url}/v1/vaults/${item.vault.id}/items/${item.id}`, {
      method: "PUT",
      headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
      body: JSON.stringify(item),
    });
    if (!answer.ok) throw new Error(`the stand-in refused the edit: ${String(answer.status)}`);
  }

  /** Adds an item with a username and a password. */
  async addLogin(title: string, username: string, password: string): Promise<void> {
    await addLogin(this.sandbox, { title, username, password });
  }

  /** Has the stand-in answer badly until it is called again; see `dev/connect/faults.ts`. */
  async playFaults(...faults: readonly object[]): Promise<void> {
    const { OP_CONNECT_HOST: url = "", OP_CONNECT_TOKEN: token = "" } = this.sandbox.env;
    const answer = await fetch(`${url}/dev/faults`, {
      method: "PUT",
      headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
      body: JSON.stringify(faults),
    });
    if (!answer.ok) throw new Error(`the stand-in refused: ${String(answer.status)}`);
  }

  /** One statement as the superuser. */
  async sql<T extends object>(statement: string, database = "postgres"): Promise<T[]> {
    const client = await connectAsSuperuser(this.sandbox.superuser, database);
    try {
      return (await client.query<T>(statement)).rows;
    } finally {
      await client.end();
    }
  }

  /** One statement as an app's role. */
  async sqlAs<T extends object>(
    login: { name: string; password: string },
    database: string,
    statement: string,
  ): Promise<T[]> {
    const { host, port } = this.sandbox.superuser;
    const client = new Client({ host, port, database, user: login.name, password: login.password });
    try {
      await client.connect();
      return (await client.query<T>(statement)).rows;
    } finally {
      await client.end();
    }
  }

  /** Every value that must never be seen anywhere. */
  secrets(): string[] {
    const fields = this.vault()
      .vaults()
      .flatMap((vault) => vault.items)
      .flatMap((item) => item.fields);
    const values = fields.filter((f) => f.type === "CONCEALED").map((f) => f.value ?? "");
    return [
      ...values,
      this.sandbox.env["OP_CONNECT_TOKEN"] ?? "",
      this.sandbox.superuser.password,
    ].filter((value) => value.length > 8);
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
