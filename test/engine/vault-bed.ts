import { createSign, generateKeyPairSync, type KeyObject } from "node:crypto";
import { existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { rootCertificates } from "node:tls";
import { execa } from "execa";
import { projectFolder } from "../../components/project-folder.ts";
import { queryAs } from "../../dev/postgres/query.ts";
import type { SandboxOptions } from "../../dev/sandbox.ts";
import { ensureVaultLogin } from "../../dev/vault/login.ts";
import { askVault, type VaultAnswer, type VaultRequest } from "../../dev/vault/request.ts";
import { type RunningVault, removeVault, startVault } from "../../dev/vault/server.ts";
import { toVaultConfig, vaultUser } from "../../dev/vault/stack.ts";
import { ensureVaultServer } from "../../toolchain/cluster.ts";
import { Bed, type Config } from "./bed.ts";

/** Milliseconds for a hook that may have to build Vault first. */
export const buildingTime = 60 * 60_000;

/** A lease of the database engine. */
export interface Lease {
  readonly id: string;
  readonly name: string;
  readonly password: string;
}

/** How the Vault of a bed reaches a cluster. */
export interface ClusterOfVault {
  /** URL of its API server. */
  readonly host: string;
  readonly caFile: string;
  /** Folder with the files of Vault's ServiceAccount. */
  readonly account: string;
}

/** A bed with a real Vault, which its stack makes everything in. */
export class VaultBed {
  readonly bed: Bed;
  readonly vault: RunningVault;
  readonly #folder: string;
  readonly #program: string;

  private constructor(bed: Bed, vault: RunningVault, folder: string, program: string) {
    this.bed = bed;
    this.vault = vault;
    this.#folder = folder;
    this.#program = program;
  }

  static async open(
    options: Omit<SandboxOptions, "home"> = {},
    cluster?: ClusterOfVault,
  ): Promise<VaultBed> {
    const program = await ensureVaultServer((line) => {
      process.stderr.write(`${line}\n`);
    });
    const folder = mkdtempSync(path.join(tmpdir(), "berth-vault-"));
    const vault = await startVault({
      home: path.join(folder, "one"),
      program,
      owner: process.pid,
      ...(cluster === undefined ? {} : { account: cluster.account }),
    });
    const bed = await Bed.open(options);
    await ensureVaultLogin(bed.sandbox);
    const self = new VaultBed(bed, vault, folder, program);
    bed.configure((config) => {
      config["berth:secrets"] = { vault: self.toConfig(cluster) };
    });
    return self;
  }

  async close(): Promise<void> {
    await removeVault(this.#other);
    await removeVault(this.vault.home);
    await this.bed.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Another Vault, empty. It goes with the bed. */
  startOther(): Promise<RunningVault> {
    return startVault({ home: this.#other, program: this.#program, owner: process.pid });
  }

  get #other(): string {
    return path.join(this.#folder, "other");
  }

  /** Unseals it, or starts it again after it was stopped. */
  async unseal(): Promise<void> {
    await startVault({ home: this.vault.home, program: this.#program, owner: process.pid });
  }

  /** `berth:secrets.vault` of the bed's stack. */
  toConfig(cluster?: Pick<ClusterOfVault, "host" | "caFile">) {
    const caFile = cluster?.caFile ?? path.join(this.#folder, "kubernetes-ca.pem");
    if (cluster === undefined) writeFileSync(caFile, `${rootCertificates[0] ?? ""}\n`);
    const kubernetes = cluster?.host ?? "https://kubernetes.default.svc";
    const { address } = this.vault;
    return toVaultConfig({ address, caFile, kubernetes }, this.bed.sandbox.superuser.port);
  }

  /** An up that has to succeed: what it printed. */
  up(env = this.env): Promise<string> {
    return this.bed.bringUp(env);
  }

  /** Edits `berth:secrets.vault` of the bed's stack, and gives back what puts it as it was. */
  configure(edit: (vault: ReturnType<VaultBed["toConfig"]>) => void): () => void {
    return this.bed.configure((config) => {
      edit((config["berth:secrets"] as { vault: ReturnType<VaultBed["toConfig"]> }).vault);
    });
  }

  /** Runs what `plan --vault` prints, as administrators of Postgres and of a Vault do. */
  async runScript({ address, rootToken }: RunningVault): Promise<void> {
    const printed = await this.bed.berth(["plan", "--vault"]);
    if (printed.exitCode !== 0) throw new Error(`no script: ${printed.stderr}`);
    const admin = this.bed.login("postgres-admin");
    for (const [, grant = ""] of printed.stdout.matchAll(/^# +(GRANT .*;)$/gm)) {
      await this.bed.sqlAs(admin, "postgres", grant);
    }
    const program = path.join(this.#folder, "vault");
    if (!existsSync(program)) symlinkSync(path.join(import.meta.dirname, "vault-cli.mjs"), program);
    const { all, exitCode } = await execa("bash", ["-euo", "pipefail"], {
      input: printed.stdout,
      cwd: projectFolder,
      env: {
        PATH: [this.#folder, path.dirname(process.execPath), process.env["PATH"] ?? ""].join(":"),
        VAULT_ADDR: address,
        VAULT_TOKEN: rootToken,
        VAULT_POSTGRES_PASSWORD: this.bed.login(vaultUser.item).password,
      },
      reject: false,
      all: true,
    });
    if (exitCode !== 0) throw new Error(`the script ended with ${String(exitCode)}: ${all}`);
  }

  /** What a run needs to reach Vault. */
  get env(): Record<string, string> {
    return { VAULT_ADDR: this.vault.address, VAULT_TOKEN: this.vault.rootToken };
  }

  /** Asks as the holder of a token. @param token @default that of an administrator */
  ask(request: VaultRequest): Promise<VaultAnswer> {
    return askVault(this.vault.address, { token: this.vault.rootToken, ...request });
  }

  /** Asks what must work. @returns `data` of the answer */
  async read(request: VaultRequest): Promise<Record<string, unknown>> {
    const { status, body } = await this.ask(request);
    if (status >= 300)
      throw new Error(`${request.path}: ${String(status)} ${JSON.stringify(body)}`);
    return (body["data"] ?? body) as Record<string, unknown>;
  }

  /** A token with policies, as a login would give it. */
  async tokenWith(...policies: readonly string[]): Promise<string> {
    const body = { policies, no_default_policy: true };
    const answer = await this.ask({ method: "POST", path: "auth/token/create", body });
    return (answer.body["auth"] as { client_token: string }).client_token;
  }

  async lease(role: string, token = this.vault.rootToken): Promise<Lease> {
    const { status, body } = await this.ask({ path: `postgres/creds/${role}`, token });
    if (status !== 200) throw new Error(`no lease: ${String(status)} ${JSON.stringify(body)}`);
    const { lease_id: id, data } = body as {
      lease_id: string;
      data: { username: string; password: string };
    };
    return { id, name: data.username, password: data.password };
  }

  async revoke({ id }: Lease): Promise<void> {
    const body = { lease_id: id, sync: true };
    await this.read({ method: "PUT", path: "sys/leases/revoke", body });
  }

  /** One statement as the holder of a lease. */
  async sqlAs<T extends object>(lease: Lease, database: string, statement: string): Promise<T[]> {
    return await this.bed.sqlAs<T>(lease, database, statement);
  }

  /** Apps of the stack, and nothing else of it. */
  setApps(apps: Config["berth:apps"]): void {
    this.bed.configure((config) => {
      config["berth:apps"] = apps;
    });
  }
}

/** Who signs the tokens of pipelines. */
export class Issuer {
  /** PEM. */
  readonly publicKey: string;
  readonly #privateKey: KeyObject;

  constructor() {
    const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    this.publicKey = publicKey.export({ type: "spki", format: "pem" }).toString();
    this.#privateKey = privateKey;
  }

  /** A token with these claims, which is valid for an hour. */
  sign(claims: Readonly<Record<string, unknown>>): string {
    const now = Math.floor(Date.now() / 1000);
    const times = { iat: now, nbf: now, exp: now + 3600 };
    const parts = [
      { alg: "RS256", typ: "JWT" },
      { ...times, ...claims },
    ].map(encode);
    const signature = createSign("RSA-SHA256").update(parts.join(".")).sign(this.#privateKey);
    return [...parts, signature.toString("base64url")].join(".");
  }
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString("base64url");
}

/** Why a login to Postgres fails; undefined = it works. */
export async function whyNoLogin(
  { superuser }: Bed["sandbox"],
  { name, password }: Lease,
  database: string,
): Promise<string | undefined> {
  return await queryAs(superuser, { name, password }, database, "select").then(
    () => undefined,
    (error: unknown) => (error as Error).message,
  );
}
