import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { SecretValue, UNKNOWN } from "../../../provider/rpc/property-values.ts";
import { FakeVault, refuse, refuseLogin } from "../../vault/fake-vault.ts";
import { ConnectionBed, data, inputs, password, path, stackId, urn } from "./connection-bed.ts";

/** Vault's connection to an app's database. What a real Vault does with it is tested on a real Vault. */

let vault: FakeVault;
let bed: ConnectionBed;

beforeEach(async () => {
  vault = await FakeVault.start();
  bed = new ConnectionBed(vault.address);
  vi.stubEnv("VAULT_TOKEN", vault.token);
  vi.stubEnv("VAULT_ADDR", "");
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await vault.close();
  const all = bed.said.join("\n");
  expect(all).not.toContain("canary-password");
  expect(all).not.toContain("hvs.canary");
});

const others = { ...data, berth: "stack fedcba9876543210, app news" };
const { berth: _, ...unmarked } = data;
const later = (more: object) => ({ ...inputs, data: { ...data, ...more } });

describe("up", () => {
  it("writes the connection with the password of the item, which state does not have", async () => {
    const made = await bed.up();
    expect(vault.stored.get(path)).toEqual({ ...data, password });
    expect(made.id).toBe(path);
    expect(made.state).toEqual({ ...inputs, itemVersion: "1" });
  });

  it("changes nothing the second time", async () => {
    const made = await bed.up();
    const calls = vault.writes.length;
    expect(await bed.up(inputs, made)).toEqual(made);
    expect(vault.writes.length).toBe(calls);
  });

  it("goes on after a run that was killed before the engine had the answer", async () => {
    await bed.up();
    const made = await bed.up();
    expect(await bed.diff(made)).toEqual([]);
  });

  it("leaves the password that Vault has, which may be a rotated one", async () => {
    const made = await bed.up();
    vault.stored.set(path, { ...data, password: "rotated by Vault" });
    const changed = later({ allowed_roles: ["wiki", "wiki_reports"] });
    expect(await bed.diff(made, changed)).toEqual(["data.allowed_roles"]);
    await bed.up(changed, made);
    expect(vault.stored.get(path)).toMatchObject({
      allowed_roles: ["wiki", "wiki_reports"],
      password: "rotated by Vault",
    });
  });

  it("writes the password of an item that changed", async () => {
    const made = await bed.up();
    bed.setItem(`${password}-new`, "2");
    expect(await bed.diff(made)).toEqual(["item"]);
    const again = await bed.up(inputs, made);
    expect(vault.stored.get(path)).toMatchObject({ password: `${password}-new` });
    expect(await bed.diff(again)).toEqual([]);
  });

  it("keeps Vault's password where the item's is not that of the role, and says so until it is", async () => {
    const made = await bed.up();
    vault.fault = ({ method, body }) =>
      method === "POST" && body?.["password"] !== undefined
        ? refuseLogin("28P01", 'password authentication failed for user "vault"')
        : undefined;
    bed.setItem("canary-password-of-nobody", "2");
    const kept = await bed.up(inputs, made);
    expect(vault.stored.get(path)).toMatchObject({ password });
    expect(bed.reports).toEqual([
      `app wiki: ${path}: the password of item Coachlight/vault-login is not that of role "vault", so Vault keeps the one that it has and that works\n  fix: if Vault rotated it (rotate-root), put nothing new into the item; otherwise as the admin: \\password vault, with the item's password, then pulumi up`,
    ]);
    expect(await bed.diff(kept)).toEqual(["item"]);
    vault.fault = undefined;
    const right = await bed.up(inputs, kept);
    expect(vault.stored.get(path)).toMatchObject({ password: "canary-password-of-nobody" });
    expect(await bed.diff(right)).toEqual([]);
  });

  it("empties what left the entry, since Vault keeps what a write leaves out", async () => {
    const made = await bed.up(later({ tls_ca: "-----BEGIN" }));
    expect(await bed.diff(made, inputs)).toEqual(["data.tls_ca"]);
    const after = await bed.up(inputs, made);
    expect(vault.stored.get(path)).toMatchObject({ tls_ca: "" });
    expect(await bed.diff(after)).toEqual([]);
  });

  it("is replaced under another path", async () => {
    const made = await bed.up();
    const request = { id: made.id, urn, oldInputs: made.inputs, oldState: made.state };
    const newInputs = { ...inputs, path: "postgres/config/wiki2" };
    expect(await bed.provider().diff({ ...request, newInputs })).toMatchObject({ path: "replace" });
  });

  it("reads one item once for all connections of a run", async () => {
    const handler = bed.provider();
    for (const name of ["wiki", "news"]) {
      const one = { ...inputs, app: name, path: `postgres/config/${name}` };
      await handler.create({ urn, inputs: one, preview: false });
    }
    expect(bed.reads).toBe(1);
  });

  it("lets Vault try the login later where the database is not there yet", async () => {
    let isThere = false;
    vault.fault = ({ method, body }) =>
      method === "POST" && body?.["verify_connection"] !== false && !isThere
        ? refuseLogin("3D000", 'database "wiki" does not exist')
        : undefined;
    const made = await bed.up();
    expect(bed.reports).toEqual([
      expect.stringContaining("Vault could not try the login yet, and the next pulumi up lets it"),
    ]);
    expect(await bed.diff(made)).toEqual(["unverified"]);
    isThere = true;
    const tried = await bed.up(inputs, made);
    expect(await bed.diff(tried)).toEqual([]);
  });
});

describe("up refuses, and writes nothing", () => {
  const nothingIs = async (attempt: Promise<unknown>): Promise<string> => {
    const writes = vault.writes.length;
    const message = await attempt.then(String, String);
    expect(vault.writes.length).toBe(writes);
    return message;
  };

  it("a connection that somebody made, until the entry adopts it", async () => {
    vault.stored.set(path, { ...unmarked, password: "theirs" });
    const message = await nothingIs(bed.up());
    expect(message).toContain(`Vault has ${path} already, and this stack did not make it`);
    expect(message).toContain(
      "fix: to write over it, set berth:apps.wiki.vault.adopt to true\n    fix: or set berth:secrets.vault.databaseMount to another mount",
    );
    expect(vault.stored.get(path)).toMatchObject({ password: "theirs" });
    const made = await bed.up({ ...inputs, adopt: true });
    expect(vault.stored.get(path)).toMatchObject({ password, berth: data.berth });
    expect(await bed.diff(made, inputs)).toEqual([]);
  });

  it("that of another stack, also with adopt, until that stack gives it up", async () => {
    vault.stored.set(path, { ...others });
    const adopting = { ...inputs, adopt: true };
    expect(await nothingIs(bed.up(adopting))).toContain(
      `${path} in Vault was made by the stack with id fedcba9876543210, for app news\n    fix: if that stack has given it up: vault delete ${path}`,
    );
    vault.stored.delete(path);
    await bed.up(adopting);
  });

  it("one that was made anew since this stack made it", async () => {
    const made = await bed.up();
    vault.stored.set(path, { ...unmarked });
    expect(await bed.diff(made)).toEqual(["data.berth"]);
    expect(await nothingIs(bed.up(inputs, made))).toContain("this stack did not make it");
    const refreshed = await bed.refresh(made);
    expect(await nothingIs(bed.up(inputs, refreshed))).toContain("this stack did not make it");
  });

  it("an item with another login than the stack file names", async () => {
    bed.setItem(password, "1", "root");
    expect(await nothingIs(bed.up())).toContain(
      '1Password item Coachlight/vault-login has the login "root", and Vault\'s login to Postgres is "vault"\n  fix: correct the item\'s username, or berth:secrets.vault.manage.database.user',
    );
    bed.setItem(password, "2", "vault");
    await bed.up();
  });

  it("a run without a token, with the command that gets one", async () => {
    vi.stubEnv("VAULT_TOKEN", "");
    expect(await nothingIs(bed.up())).toContain("VAULT_TOKEN is not set");
    vi.stubEnv("VAULT_TOKEN", vault.token);
    await bed.up();
  });

  it("inputs that hold a password or another secret", async () => {
    const check = (newInputs: typeof inputs) =>
      bed.provider().check({ urn, oldInputs: undefined, newInputs });
    expect((await check(later({ password: "x" }))).failures).toEqual([
      { property: "data", reason: "has a password, which must come from the item" },
    ]);
    expect((await check(later({ tls_ca: new SecretValue("x") }))).failures).toEqual([
      { property: "data", reason: "has a secret, which state would keep" },
    ]);
    expect((await check({ ...inputs, path: "wiki" })).failures).toEqual([
      { property: "path", reason: "is not MOUNT/config/NAME" },
    ]);
  });
});

describe("says what to do where Vault's login does not work", () => {
  it.each([
    [
      "the item has another password than the role",
      refuseLogin("28P01", 'password authentication failed for user "vault"'),
      'fix: give role "vault" the password of item Coachlight/vault-login: \\password vault in psql, as the admin',
    ],
    [
      "Vault does not reach Postgres",
      refuse(400, "error creating database object: error verifying connection: dial tcp: no such host"),
      "fix: see that Vault itself reaches Postgres at this address, and correct berth:secrets.vault.manage.database",
    ],
  ])("%s", async (_, answer, fix) => {
    vault.fault = ({ method }) => (method === "POST" ? answer : undefined);
    await expect(bed.up()).rejects.toThrow(fix);
    expect(vault.stored.size).toBe(0);
    vault.fault = undefined;
    await bed.up();
  });

  it.each([
    ["sealed", () => refuse(503, "Vault is sealed"), "is sealed"],
    ["down", () => ({ status: 502, body: "" }), "answered 502"],
  ])("with a Vault that is %s nothing is kept in state", async (_, fault, said) => {
    vault.fault = fault;
    await expect(bed.up()).rejects.toThrow(said);
    vault.fault = undefined;
    expect(await bed.diff(await bed.up())).toEqual([]);
  });
});

describe("a refresh", () => {
  it("has what Vault has, and the next up puts it right", async () => {
    const made = await bed.up();
    vault.stored.set(path, { ...data, allowed_roles: ["*"], password });
    const found = await bed.refresh(made);
    expect(found?.state).toEqual({
      ...inputs,
      data: { ...data, allowed_roles: ["*"] },
      itemVersion: "1",
    });
    expect(await bed.diff(found ?? made)).toEqual(["data.allowed_roles"]);
    expect(await bed.diff(made)).toEqual(["data.allowed_roles"]);
    await bed.up(inputs, found);
    expect(vault.stored.get(path)).toEqual({ ...data, password });
  });

  it("forgets a connection that is gone, also with its mount, and a diff finds that too", async () => {
    const made = await bed.up();
    vault.stored.clear();
    expect(await bed.refresh(made)).toBeUndefined();
    expect(await bed.diff(made)).toEqual(["data.berth"]);
    await bed.up(inputs, made);
    expect(vault.stored.get(path)).toEqual({ ...data, password });
    const elsewhere = { ...made, state: { ...made.state, path: "gone/config/wiki" } };
    expect(await bed.refresh(elsewhere)).toBeUndefined();
  });

  it("of an import names the key that adopts the connection", async () => {
    vault.stored.set(path, { ...unmarked });
    await expect(bed.refresh({ id: path, urn, inputs: {}, state: {} })).rejects.toThrow(
      "set berth:apps.….vault.adopt to true; pulumi up then takes the connection over",
    );
    await bed.up({ ...inputs, adopt: true });
  });
});

describe("a preview", () => {
  it("says what up writes, and writes nothing", async () => {
    expect(await bed.preview()).toEqual(inputs);
    expect(bed.reports).toEqual([
      `app wiki: ${path} is written in Vault, with the login of item Coachlight/vault-login where Vault has not got it yet`,
    ]);
    expect(vault.writes).toEqual([]);
  });

  it("refuses what up would refuse", async () => {
    vault.stored.set(path, { ...others });
    await expect(bed.preview()).rejects.toThrow("was made by the stack with id fedcba9876543210");
  });

  it("of values that are not known yet asks nothing", async () => {
    const unknown = { ...inputs, data: UNKNOWN };
    const check = { urn, oldInputs: undefined, newInputs: unknown };
    expect((await bed.provider().check(check)).failures).toEqual([]);
    expect(await bed.preview(unknown)).toEqual(unknown);
    const made = await bed.up();
    expect(await bed.diff(made, unknown)).toEqual(["data"]);
    const part = { ...inputs, data: { ...data, connection_url: UNKNOWN } };
    expect(await bed.diff(made, part)).toEqual(["data"]);
  });

  it.each([
    ["offline", "BERTH_OFFLINE=true"],
    ["without a token", "VAULT_TOKEN is not set"],
  ])("%s compares with nothing, and says so once", async (way, why) => {
    const made = await bed.up();
    if (way === "offline") bed.isOffline = true;
    else vi.stubEnv("VAULT_TOKEN", "");
    const calls = vault.calls.length;
    const handler = bed.provider();
    const request = { id: path, urn, oldInputs: inputs, oldState: made.state, newInputs: inputs };
    expect([await handler.diff(request), await handler.diff(request)]).toEqual([{}, {}]);
    expect(await handler.create({ urn, inputs, preview: true })).toEqual({ id: path, state: inputs });
    expect([vault.calls.length, bed.reads]).toEqual([calls, 1]);
    expect(bed.reports).toEqual([`not compared with Vault: ${why}`]);
  });
});

describe("a connection that leaves", () => {
  it("is deleted, and it is no error that it is gone", async () => {
    const made = await bed.up();
    await bed.remove(made);
    expect(vault.stored.size).toBe(0);
    await bed.remove(made);
  });

  it("stays while logins that Vault made are in use", async () => {
    const made = await bed.up();
    vault.leases.add("postgres/creds/wiki");
    await expect(bed.remove(made)).rejects.toThrow(
      "fix: deploy the app with its new login, or end them: vault lease revoke -prefix postgres/creds/wiki; then run the same command again",
    );
    expect(vault.stored.has(path)).toBe(true);
    vault.leases.clear();
    await bed.remove(made);
    expect(vault.stored.size).toBe(0);
  });

  it("goes where nobody may look for such logins, with a warning", async () => {
    const made = await bed.up();
    vault.denied.add("sys/leases/lookup/postgres/creds/wiki");
    await bed.remove(made);
    expect(vault.stored.size).toBe(0);
    expect(bed.reports).toEqual([expect.stringContaining("whether Vault's logins are left is not")]);
  });

  it.each([
    ["by hand", unmarked],
    ["by another stack", others],
    ["for another app of the stack", { ...data, berth: `stack ${stackId}, app news` }],
  ])("stays if it was made anew %s", async (_, written) => {
    const made = await bed.up();
    vault.stored.set(path, { ...written });
    await bed.remove(made);
    expect(vault.stored.get(path)).toEqual(written);
    expect(bed.reports).toEqual([
      `app wiki: ${path} stays in Vault: others have written it since this stack did`,
    ]);
  });
});

it("of a stack under its former id is still the stack's", async () => {
  const made = await bed.up();
  bed.stack = { id: "fedcba9876543210", name: "organization/berth/team", former: [stackId] };
  const renamed = later({ berth: "stack fedcba9876543210, app wiki" });
  expect(await bed.diff(made, renamed)).toEqual(["data.berth"]);
  const after = await bed.up(renamed, made);
  expect(vault.stored.get(path)).toMatchObject({ berth: "stack fedcba9876543210, app wiki" });
  await bed.remove(after);
  expect(vault.stored.size).toBe(0);
});
