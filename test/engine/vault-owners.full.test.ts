import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { ensureStack, runPulumi } from "../../dev/pulumi/cli.ts";
import { type Config, filesWith } from "./bed.ts";
import { buildingTime, Issuer, VaultBed } from "./vault-bed.ts";

/** Whose objects inside a real Vault are: those of a stack, of another stack for it, and of others. */

let bed: VaultBed;

const secretOf = (name: string) => ({ secrets: { [`${name}-config`]: { from: "vault" } } });

beforeAll(async () => {
  bed = await VaultBed.open();
  for (const name of ["menus", "prices", "drinks", "commons"]) {
    await bed.bed.addLogin(`${name}-db-credentials`, name, `Canary-of-the-${name}-0123456789`);
  }
}, buildingTime);

afterAll(async () => {
  await bed.close();
});

/** What is there at a path; undefined = nothing. */
async function find(at: string): Promise<Record<string, unknown> | undefined> {
  const { status, body } = await bed.ask({ path: at });
  return status === 200 ? ((body["data"] ?? body) as Record<string, unknown>) : undefined;
}

describe("an app", () => {
  it("is in a preview with and without a token, and up without one says what to do", async () => {
    bed.setApps({ menus: secretOf("menus") });
    const seen = await bed.bed.pulumi(["preview"], bed.env);
    expect(seen.exitCode, seen.output).toBe(0);
    for (const type of ["vault:index:Mount", "vault:index:Policy"]) {
      expect(seen.output).toContain(type);
    }
    const { VAULT_ADDR } = bed.env;
    const blind = await bed.bed.pulumi(["preview"], { VAULT_ADDR: VAULT_ADDR ?? "" });
    expect(blind.exitCode, blind.output).toBe(0);
    expect(blind.output).toContain("is not compared with the plan: VAULT_TOKEN is not set");
    expect(blind.output).toContain("vault:index:Policy");
    const refused = await bed.bed.failUp(undefined, { VAULT_ADDR: VAULT_ADDR ?? "" });
    expect(refused).toContain("export VAULT_TOKEN=$(vault print token)");
    expect(await find("sys/policies/acl/menus")).toBeUndefined();
  });

  it("that leaves takes its policy and role along, and its values and the engine stay", async () => {
    bed.setApps({ menus: secretOf("menus"), prices: secretOf("prices") });
    await bed.up();
    const body = { data: { KEY: "a value that stays" } };
    await bed.read({ method: "POST", path: "kvv2/data/menus/config", body });
    // A preview without a token shows no change but that of the provider.
    const { VAULT_ADDR } = bed.env;
    const blind = await bed.bed.pulumi(["preview", "--json"], { VAULT_ADDR: VAULT_ADDR ?? "" });
    const { changeSummary } = JSON.parse(blind.output.slice(blind.output.indexOf("{\n"))) as {
      changeSummary: Record<string, number>;
    };
    expect(Object.keys(changeSummary).filter((key) => key !== "same")).toEqual(["update"]);
    expect(changeSummary["update"]).toBe(1);
    bed.setApps({});
    await bed.up();
    for (const app of ["menus", "prices"]) {
      expect(await find(`sys/policies/acl/${app}`)).toBeUndefined();
      expect(await find(`auth/kubernetes/role/${app}`)).toBeUndefined();
    }
    // The engine left the state, and comes back into it with its values.
    bed.setApps({ menus: secretOf("menus") });
    await bed.up();
    expect(await find("kvv2/data/menus/config")).toMatchObject({ data: body.data });
    await bed.bed.expectNoChanges(bed.env);
  });

  it("with another name gets other objects, and the old ones go", async () => {
    bed.setApps({ menus: secretOf("menus") });
    await bed.up();
    bed.setApps({ drinks: secretOf("drinks") });
    await bed.up();
    expect(await find("sys/policies/acl/drinks")).toBeDefined();
    expect(await find("sys/policies/acl/menus")).toBeUndefined();
  });
});

describe("what others made", () => {
  const text = 'path "kvv2/data/theirs" { capabilities = ["read"] }';

  it("is refused before anything changes, and overwritten only with adopt", async () => {
    await bed.read({ method: "POST", path: "sys/policies/acl/commons", body: { policy: text } });
    bed.setApps({ commons: secretOf("commons") });
    for (const verb of [["preview"], ["up", "--yes", "--skip-preview"]]) {
      const refused = await bed.bed.pulumi(verb, bed.env);
      expect(refused.exitCode).not.toBe(0);
      expect(refused.output).toContain(
        "Vault has the policy sys/policies/acl/commons, which this stack did not make",
      );
      expect(refused.output).toContain("set berth:apps.commons.vault.adopt: true");
    }
    expect(await find("sys/policies/acl/commons")).toMatchObject({ policy: text });
    expect(await bed.bed.sql("select from pg_database where datname = 'commons'")).toEqual([]);
    bed.setApps({ commons: { ...secretOf("commons"), vault: { adopt: true } } });
    await bed.up();
    expect((await find("sys/policies/acl/commons"))?.["policy"]).toContain("app commons");
  });

  it("is used where it is a mount that the stack file names, and left when its apps go", async () => {
    await bed.read({ method: "POST", path: "sys/mounts/theirs", body: { type: "kv-v2" } });
    bed.setApps({ commons: { ...secretOf("commons"), vault: { adopt: true } } });
    const theirs = { "commons-config": { from: "vault", mount: "theirs" } };
    bed.setApps({ commons: { secrets: theirs } });
    const refused = await bed.bed.pulumi(["preview"], bed.env);
    expect(refused.output).toContain("add theirs to berth:secrets.vault.manage.existing");
    const undo = bed.configure((vault) => {
      Object.assign(vault.manage, { existing: ["theirs"] });
    });
    await bed.up();
    undo();
    bed.setApps({ drinks: secretOf("drinks") });
    await bed.up();
    expect(await find("sys/mounts/theirs")).toMatchObject({ description: "" });
  });
});

describe("two stacks", () => {
  const names = { apps: "halves", central: "central" };
  const fileOf = (stack: string) => path.join(bed.bed.sandbox.home, `Pulumi.${stack}.yaml`);

  async function run(stack: string, args: readonly string[], env: Record<string, string>) {
    const { sandbox, toolchain } = bed.bed;
    const place = { ...sandbox, stack, stackFile: fileOf(stack) };
    await ensureStack(toolchain, place);
    return await runPulumi(toolchain, place, [...args, "--non-interactive"], {
      output: "keep",
      env: { NO_COLOR: "1", ...env },
    });
  }

  it("make the halves, each with the rights for its own", async () => {
    const other = await bed.startOther();
    const env = { VAULT_ADDR: other.address };
    const document = parse(readFileSync(bed.bed.sandbox.stackFile, "utf8")) as { config: Config };
    const { config } = document;
    const { vault } = config["berth:secrets"] as { vault: ReturnType<VaultBed["toConfig"]> };
    Object.assign(vault, { address: other.address });
    const ci = { mount: "jwt", publicKeys: [new Issuer().publicKey], audience: "a" };
    Object.assign(vault.manage, { half: "apps", ci: { ...ci, claims: { sub: "{app}" } } });
    // Two stacks do not write to one folder.
    Reflect.deleteProperty(config, "berth:gitops");
    config["berth:stack"] = { id: "id-of-the-stack-with-apps" };
    config["berth:apps"] = {
      halves: { credentials: "vault", vault: { restart: [] }, ...secretOf("halves") },
    };
    writeFileSync(fileOf(names.apps), stringify(document, { aliasDuplicateObjects: false }));
    const central = {
      "berth:vaultFor": names.apps,
      "berth:stack": { id: "id-of-the-central-stack" },
    };
    writeFileSync(fileOf(names.central), stringify({ config: central }));

    const asRoot = { ...env, VAULT_TOKEN: other.rootToken };
    const early = await run(names.apps, ["up", "--yes", "--skip-preview"], asRoot);
    expect(early.exitCode).not.toBe(0);
    expect(early.output).toContain("make the central half first");
    const first = await run(names.central, ["up", "--yes", "--skip-preview"], asRoot);
    expect(first.exitCode, first.output).toBe(0);

    const token = await tokenFor("halves-ops", other.address, other.rootToken);
    const asPipeline = { ...env, VAULT_TOKEN: token };
    const second = await run(names.apps, ["up", "--yes", "--skip-preview"], asPipeline);
    expect(second.exitCode, second.output).toBe(0);
    for (const stack of [names.central, names.apps]) {
      const twice = await run(stack, ["up", "--yes", "--skip-preview"], asRoot);
      expect(twice.exitCode, twice.output).toBe(0);
      const again = await run(stack, ["preview", "--expect-no-changes"], asRoot);
      expect(again.exitCode, again.output).toBe(0);
    }
    const secrets = [other.rootToken, token];
    expect(await filesWith(`${bed.bed.sandbox.home}/state`, secrets)).toEqual([]);
  });

  async function tokenFor(policy: string, address: string, root: string): Promise<string> {
    const answer = await fetch(`${address}/v1/auth/token/create`, {
      method: "POST",
      headers: { "X-Vault-Token": root },
      body: JSON.stringify({ policies: [policy], no_default_policy: true }),
    });
    const { auth } = (await answer.json()) as { auth: { client_token: string } };
    return auth.client_token;
  }
});
