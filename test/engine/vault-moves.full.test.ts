import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { toVaultScript } from "../../cli/plan/vault-script.ts";
import { loadStackFromFile } from "../../components/config/load.ts";
import { projectFolder } from "../../components/project-folder.ts";
import { removeVault, sealVault } from "../../dev/vault/server.ts";
import { buildingTime, Issuer, VaultBed } from "./vault-bed.ts";
import { dumpVault } from "./vault-dump.ts";

/** The ways into a real Vault and out of it: by Pulumi or a script, from 1Password and back, over a restart. */

const issuer = new Issuer();
const scratch = mkdtempSync(path.join(tmpdir(), "berth-vault-cli-"));
let bed: VaultBed;

const fromVault = {
  credentials: "vault",
  vault: { restart: [] },
  secrets: { "recipes-config": { from: "vault" } },
};

async function up(): Promise<string> {
  const { exitCode, output } = await bed.bed.up(bed.env);
  expect(exitCode, output).toBe(0);
  return output;
}

beforeAll(async () => {
  bed = await VaultBed.open();
  bed.bed.configure((config) => {
    const { vault } = config["berth:secrets"] as { vault: ReturnType<VaultBed["toConfig"]> };
    const ci = { mount: "gitea_jwt", publicKeys: [issuer.publicKey], audience: "pipelines" };
    const readers = { crowdsec: { serviceAccount: "kube-system/crowdsec", paths: ["kvv2/cms/*"] } };
    Object.assign(vault.manage, { operator: {}, ci: { ...ci, claims: { sub: "{app}" } }, readers });
  });
}, buildingTime);

afterAll(async () => {
  await bed.close();
  rmSync(scratch, { recursive: true });
});

describe("the script of plan --vault", () => {
  it("makes the same inside an empty Vault as pulumi up", async () => {
    bed.setApps({ recipes: fromVault, notes: fromVault });
    await up();
    const other = await bed.startOther();
    try {
      await runScript(other);
      expect(await dumpVault(other)).toEqual(await dumpVault(bed.vault));
      // Once more, it changes nothing.
      const before = await dumpVault(other);
      await runScript(other);
      expect(await dumpVault(other)).toEqual(before);
    } finally {
      await removeVault(other.home);
    }
  });

  async function runScript(vault: typeof bed.vault): Promise<void> {
    const { sandbox } = bed.bed;
    const spec = loadStackFromFile("dev", projectFolder, sandbox.stackFile);
    mkdirSync(scratch, { recursive: true });
    const program = path.join(scratch, "vault");
    rmSync(program, { force: true });
    symlinkSync(path.join(import.meta.dirname, "vault-cli.mjs"), program);
    chmodSync(program, 0o755);
    const { all, exitCode } = await execa("bash", ["-euo", "pipefail"], {
      input: toVaultScript(spec, spec.apps),
      cwd: projectFolder,
      env: {
        PATH: [scratch, path.dirname(process.execPath), process.env["PATH"] ?? ""].join(":"),
        VAULT_ADDR: vault.address,
        VAULT_TOKEN: vault.rootToken,
        VAULT_POSTGRES_PASSWORD: bed.bed.login("vault-db-credentials").password,
      },
      reject: false,
      all: true,
    });
    expect(exitCode, all).toBe(0);
  }
});

describe("an app with a login of 1Password", () => {
  it("moves to Vault and back, and its database is not touched", async () => {
    await bed.bed.addLogin("diary-db-credentials", "diary", "Canary-of-the-diary-0123456789");
    bed.setApps({ diary: null });
    await up();
    const own = bed.bed.login("diary-db-credentials");
    await bed.bed.sqlAs(own, "diary", "create table days (day text)");
    await bed.bed.sqlAs(own, "diary", "insert into days values ('first')");
    const before = await fingerprint();
    bed.setApps({
      diary: { credentials: "vault", owner: { name: "diary" }, vault: { restart: [] } },
    });
    await up();
    expect(await fingerprint()).toEqual(before);
    const lease = await bed.lease("diary");
    await bed.sqlAs(lease, "diary", "insert into days values ('of a lease')");
    await bed.revoke(lease);
    bed.setApps({ diary: null });
    await up();
    const rows = await bed.bed.sqlAs(own, "diary", "select day from days order by day");
    expect(rows).toEqual([{ day: "first" }, { day: "of a lease" }]);
    expect(await fingerprint()).toEqual(before);
    const role = await bed.ask({ path: "postgres/roles/diary" });
    expect(role.status).toBe(404);
  });

  /** The database and its table, which are other ones after a drop, and who owns them. */
  async function fingerprint(): Promise<object[]> {
    const database = `select oid::text, datdba::regrole::text as owner, datacl::text
      from pg_database where datname = 'diary'`;
    const table = `select oid::text, relfilenode::text, relowner::regrole::text as owner, relacl::text
      from pg_class where relname = 'days'`;
    return [...(await bed.bed.sql(database, "diary")), ...(await bed.bed.sql(table, "diary"))];
  }
});

describe("a sealed Vault", () => {
  it("is said in clear words, changes nothing, and after the unsealing pulumi up goes on", async () => {
    bed.setApps({ recipes: fromVault });
    await up();
    await sealVault(bed.vault);
    bed.setApps({ recipes: { ...fromVault, vault: { restart: ["Deployment/recipes"] } }, notes: fromVault });
    const { exitCode, output } = await bed.bed.up(bed.env);
    expect(exitCode).not.toBe(0);
    expect(output).toContain("is sealed");
    expect(output).toContain("vault operator unseal");
    expect(await bed.bed.sql("select from pg_database where datname = 'notes'")).toEqual([]);
    await bed.unseal();
    await up();
    expect((await bed.ask({ path: "postgres/roles/notes" })).status).toBe(200);
  });
});
