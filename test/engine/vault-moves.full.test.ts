import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { removeVault, sealVault } from "../../dev/vault/server.ts";
import { buildingTime, Issuer, VaultBed } from "./vault-bed.ts";
import { dumpVault } from "./vault-dump.ts";

/** The ways into a real Vault and out of it: by Pulumi or a script, from 1Password and back, over a restart. */

const issuer = new Issuer();
let bed: VaultBed;

const fromVault = {
  credentials: "vault",
  vault: { restart: [] },
  secrets: { "recipes-config": { from: "vault" } },
};

beforeAll(async () => {
  bed = await VaultBed.open();
  bed.configure((vault) => {
    const ci = { mount: "gitea_jwt", publicKeys: [issuer.publicKey], audience: "pipelines" };
    const readers = { crowdsec: { serviceAccount: "kube-system/crowdsec", paths: ["kvv2/cms/*"] } };
    Object.assign(vault.manage, { operator: {}, ci: { ...ci, claims: { sub: "{app}" } }, readers });
  });
}, buildingTime);

afterAll(async () => {
  await bed.close();
});

describe("the script of plan --vault", () => {
  it("makes the same inside an empty Vault as pulumi up", async () => {
    bed.setApps({ recipes: fromVault, notes: fromVault });
    await bed.up();
    const other = await bed.startOther();
    try {
      await bed.runScript(other);
      expect(await dumpVault(other)).toEqual(await dumpVault(bed.vault));
      // Once more, it changes nothing.
      const before = await dumpVault(other);
      await bed.runScript(other);
      expect(await dumpVault(other)).toEqual(before);
    } finally {
      await removeVault(other.home);
    }
  });
});

describe("an app with a login of 1Password", () => {
  it("moves to Vault and back, and its database is not touched", async () => {
    await bed.bed.addLogin("diary-db-credentials", "diary", "Canary-of-the-diary-0123456789");
    bed.setApps({ diary: null });
    await bed.up();
    const own = bed.bed.login("diary-db-credentials");
    await bed.bed.sqlAs(own, "diary", "create table days (day text)");
    await bed.bed.sqlAs(own, "diary", "insert into days values ('first')");
    const before = await fingerprint();
    bed.setApps({
      diary: { credentials: "vault", owner: { name: "diary" }, vault: { restart: [] } },
    });
    await bed.up();
    expect(await fingerprint()).toEqual(before);
    const lease = await bed.lease("diary");
    await bed.sqlAs(lease, "diary", "insert into days values ('of a lease')");
    await bed.revoke(lease);
    bed.setApps({ diary: null });
    await bed.up();
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
    await bed.up();
    await sealVault(bed.vault);
    bed.setApps({
      recipes: { ...fromVault, vault: { restart: ["Deployment/recipes"] } },
      late: fromVault,
    });
    const output = await bed.bed.failUp(undefined, bed.env);
    expect(output).toContain("is sealed");
    expect(output).toContain("vault operator unseal");
    expect(await bed.bed.sql("select from pg_database where datname = 'late'")).toEqual([]);
    await bed.unseal();
    await bed.up();
    expect((await bed.ask({ path: "postgres/roles/late" })).status).toBe(200);
  });
});
