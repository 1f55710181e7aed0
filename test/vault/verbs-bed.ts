import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { rootCertificates } from "node:tls";
import { afterAll, afterEach, beforeAll, beforeEach, expect, vi } from "vitest";
import type { StackSpec } from "../../components/config/spec.ts";
import { createVaultClient } from "../../components/vault/http/client.ts";
import { toData, type VaultObject } from "../../components/vault/objects.ts";
import { planVault } from "../../components/vault/plan.ts";
import { askVault } from "../../dev/vault/request.ts";
import { type RunningVault, removeVault, sealVault, startVault } from "../../dev/vault/server.ts";
import { openCache, placeOf } from "../../toolchain/cache.ts";
import { ensureToolchain } from "../../toolchain/ensure.ts";
import { partNamed } from "../../toolchain/parts.ts";
import { makeSpec } from "../fakes/stack.ts";
import { admin, DatabaseBed } from "../provider/app-database/bed.ts";
import { toVaultInputs } from "../provider/app-database/vault-app.ts";

/** Milliseconds for a hook that may have to build Vault first. */
const buildingTime = 60 * 60_000;

const editor = { name: "vault_logins", password: "editor-of-this-test" };

/** What `add` generates for the app of a bed. */
export const config = {
  from: "vault",
  generate: { KEY: { length: 40 }, SALT: { bytes: 32, encoding: "hex" } },
};
const wiki = { credentials: "vault", vault: { restart: [] }, secrets: { "wiki-config": config } };

const publicKey =
  "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----\n";

const read = (file: string): string => readFileSync(file, "utf8");

/** A real Vault with everything that a stack plans inside it, and the Postgres that it makes logins to. */
export class VerbsBed {
  readonly folder: string;
  readonly vault: RunningVault;
  readonly postgres: DatabaseBed;
  readonly spec: StackSpec;
  readonly #program: string;

  private constructor(made: Pick<VerbsBed, "folder" | "vault" | "postgres">, program: string) {
    this.folder = made.folder;
    this.vault = made.vault;
    this.postgres = made.postgres;
    this.#program = program;
    this.spec = this.toSpec(made.postgres.superuser.port);
  }

  static async open(): Promise<VerbsBed> {
    // Without the plugin: no Pulumi runs here.
    const report = (line: string): void => void process.stderr.write(`${line}\n`);
    await ensureToolchain(report, ["vault-server"]);
    const program = placeOf(openCache(), partNamed("vault-server"));
    const folder = mkdtempSync(path.join(tmpdir(), "berth-vault-verbs-"));
    const vault = await startVault({
      home: path.join(folder, "vault"),
      program,
      owner: process.pid,
    });
    // Vault reads the file when its config is written. No cluster is asked.
    writeFileSync(path.join(folder, "ca.pem"), `${rootCertificates[0] ?? ""}\n`);
    const postgres = await DatabaseBed.open();
    const bed = new VerbsBed({ folder, vault, postgres }, program);
    const [app] = bed.spec.apps;
    if (app === undefined) throw new Error("the stack has no app");
    await postgres.up(toVaultInputs(app));
    await postgres.sql(`create role ${editor.name} login createrole password '${editor.password}'`);
    const grant = `grant wiki_role to ${editor.name} with admin option`;
    await postgres.sqlWith(admin, "postgres", grant);
    await bed.write(planVault(bed.spec));
    return bed;
  }

  async close(): Promise<void> {
    await removeVault(this.vault.home);
    await this.postgres.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** @param port Where Vault reaches Postgres. */
  toSpec(port: number): StackSpec {
    const manage = {
      kubernetes: { caFile: path.join(this.folder, "ca.pem") },
      database: { user: editor.name, item: "vault-db", host: "127.0.0.1", port },
      ci: {
        mount: "ci_jwt",
        publicKeys: [publicKey],
        audience: "pipelines",
        claims: { app: "{app}" },
      },
      operator: {},
    };
    return makeSpec({ wiki }, this.postgres.postgres, "prod", {
      secrets: { vault: { address: this.vault.address, manage } },
    });
  }

  /** As the script of `plan --vault` does. */
  async write(objects: readonly VaultObject[]): Promise<void> {
    const { address, rootToken: token } = this.vault;
    const client = createVaultClient({ address, token, namespace: undefined, caFile: undefined });
    for (const object of objects) {
      const password = object.kind === "connection" ? { password: editor.password } : {};
      await client.write(object.path, { ...toData(object, read), ...password });
    }
  }

  /** Writes one object as it is planned. */
  async repair(at: string): Promise<void> {
    await this.write(planVault(this.spec).filter(({ path: one }) => one === at));
  }

  async ask(method: "GET" | "LIST" | "POST" | "DELETE", at: string, body?: unknown) {
    const token = this.vault.rootToken;
    const answer = await askVault(this.vault.address, { method, path: at, token, body });
    expect(answer.status, `${method} ${at}: ${JSON.stringify(answer.body)}`).toBeLessThan(405);
    return answer.body as { data?: Record<string, unknown>; auth?: { client_token: string } };
  }

  async tokenOf(policy: string): Promise<string> {
    const { auth } = await this.ask("POST", "auth/token/create", { policies: [policy] });
    return auth?.client_token ?? "";
  }

  /** Seals Vault, as a restart of its node does, and opens it again. */
  async whileSealed<T>(use: () => Promise<T>): Promise<T> {
    await sealVault(this.vault);
    try {
      return await use();
    } finally {
      await startVault({ home: this.vault.home, program: this.#program });
    }
  }
}

/** Opens a bed for the tests of a file, and gives each test the way to its Vault in the environment. */
export function useVerbsBed(use: (bed: VerbsBed) => void): void {
  let bed: VerbsBed;

  beforeAll(async () => {
    bed = await VerbsBed.open();
    use(bed);
  }, buildingTime);

  beforeEach(() => {
    vi.stubEnv("VAULT_ADDR", bed.vault.address);
    vi.stubEnv("VAULT_TOKEN", bed.vault.rootToken);
  });

  afterEach(() => {
    vi.unstubAllEnvs();
    vi.restoreAllMocks();
  });

  afterAll(async () => {
    await bed.close();
  });
}
