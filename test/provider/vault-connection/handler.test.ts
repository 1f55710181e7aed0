import { describe, expect, it, vi } from "vitest";
import { SecretValue } from "../../../provider/rpc/property-values.ts";
import { refuse, refuseLogin } from "../../vault/fake-vault.ts";
import {
  data,
  inputs,
  others,
  password,
  path,
  stackId,
  unmarked,
  urn,
  useConnection,
} from "./connection-bed.ts";

/** Vault's connection to an app's database. What a real Vault does with it is tested on a real Vault. */

const at = useConnection();
const later = (more: object) => ({ ...inputs, data: { ...data, ...more } });

describe("up", () => {
  it("writes the connection with the password of the item, which state does not have", async () => {
    const made = await at.bed.up();
    expect(at.vault.stored.get(path)).toEqual({ ...data, password });
    expect(made.id).toBe(path);
    expect(made.state).toEqual({ ...inputs, itemVersion: "1" });
  });

  it("changes nothing the second time", async () => {
    const made = await at.bed.up();
    const calls = at.vault.writes.length;
    expect(await at.bed.up(inputs, made)).toEqual(made);
    expect(at.vault.writes.length).toBe(calls);
  });

  it("goes on after a run that was killed before the engine had the answer", async () => {
    await at.bed.up();
    const made = await at.bed.up();
    expect(await at.bed.diff(made)).toEqual([]);
  });

  it("leaves the password that Vault has, which may be a rotated one", async () => {
    const made = await at.bed.up();
    at.vault.stored.set(path, { ...data, password: "rotated by Vault" });
    const changed = later({ allowed_roles: ["wiki", "wiki_reports"] });
    expect(await at.bed.diff(made, changed)).toEqual(["data.allowed_roles"]);
    await at.bed.up(changed, made);
    expect(at.vault.stored.get(path)).toMatchObject({
      allowed_roles: ["wiki", "wiki_reports"],
      password: "rotated by Vault",
    });
  });

  it("writes the password of an item that changed", async () => {
    const made = await at.bed.up();
    at.bed.setItem(`${password}-new`, "2");
    expect(await at.bed.diff(made)).toEqual(["item"]);
    const again = await at.bed.up(inputs, made);
    expect(at.vault.stored.get(path)).toMatchObject({ password: `${password}-new` });
    expect(await at.bed.diff(again)).toEqual([]);
  });

  it("keeps Vault's password where the item's is not that of the role, and says so until it is", async () => {
    const made = await at.bed.up();
    at.vault.fault = ({ method, body }) =>
      method === "POST" && body?.["password"] !== undefined
        ? refuseLogin("28P01", 'password authentication failed for user "vault"')
        : undefined;
    at.bed.setItem("canary-password-of-nobody", "2");
    const kept = await at.bed.up(inputs, made);
    expect(at.vault.stored.get(path)).toMatchObject({ password });
    expect(at.bed.reports).toEqual([
      `app wiki: ${path}: the password of item Coachlight/vault-login is not that of role "vault", so Vault keeps the one that it has and that works\n  fix: if Vault rotated it (rotate-root), put nothing new into the item; otherwise as the admin: \\password vault, with the item's password, then pulumi up`,
    ]);
    expect(await at.bed.diff(kept)).toEqual(["item"]);
    at.vault.fault = undefined;
    const right = await at.bed.up(inputs, kept);
    expect(at.vault.stored.get(path)).toMatchObject({ password: "canary-password-of-nobody" });
    expect(await at.bed.diff(right)).toEqual([]);
  });

  it("empties what left the entry, since Vault keeps what a write leaves out", async () => {
    const made = await at.bed.up(later({ tls_ca: "-----BEGIN" }));
    expect(await at.bed.diff(made, inputs)).toEqual(["data.tls_ca"]);
    const after = await at.bed.up(inputs, made);
    expect(at.vault.stored.get(path)).toMatchObject({ tls_ca: "" });
    expect(await at.bed.diff(after)).toEqual([]);
  });

  it("is replaced under another path", async () => {
    const made = await at.bed.up();
    const request = { id: made.id, urn, oldInputs: made.inputs, oldState: made.state };
    const newInputs = { ...inputs, path: "postgres/config/wiki2" };
    expect(await at.bed.provider().diff({ ...request, newInputs })).toMatchObject({
      path: "replace",
    });
  });

  it("reads one item once for all connections of a run", async () => {
    const handler = at.bed.provider();
    for (const name of ["wiki", "news"]) {
      const one = { ...inputs, app: name, path: `postgres/config/${name}` };
      await handler.create({ urn, inputs: one, preview: false });
    }
    expect(at.bed.reads).toBe(1);
  });

  it("lets Vault try the login later where the database is not there yet", async () => {
    let isThere = false;
    at.vault.fault = ({ method, body }) =>
      method === "POST" && body?.["verify_connection"] !== false && !isThere
        ? refuseLogin("3D000", 'database "wiki" does not exist')
        : undefined;
    const made = await at.bed.up();
    expect(at.bed.reports).toEqual([
      expect.stringContaining("Vault could not try the login yet, and the next pulumi up lets it"),
    ]);
    expect(await at.bed.diff(made)).toEqual(["unverified"]);
    isThere = true;
    const tried = await at.bed.up(inputs, made);
    expect(await at.bed.diff(tried)).toEqual([]);
  });
});

describe("up refuses, and writes nothing", () => {
  const nothingIs = async (attempt: Promise<unknown>): Promise<string> => {
    const writes = at.vault.writes.length;
    const message = await attempt.then(String, String);
    expect(at.vault.writes.length).toBe(writes);
    return message;
  };

  it.each([
    ["somebody made", unmarked, "did not make it\n"],
    [
      "another stack made",
      others,
      "did not make it: the stack with id fedcba9876543210 did, for app news\n",
    ],
  ])("a connection that %s, until the entry adopts it", async (_, written, said) => {
    at.vault.stored.set(path, { ...written, password: "theirs" });
    const message = await nothingIs(at.bed.up());
    expect(message).toContain(`Vault has ${path} already, and this stack ${said}`);
    expect(message).toContain(
      "fix: set berth:secrets.vault.databaseMount to another mount\n    fix: or, to write over it, set berth:apps.wiki.vault.adopt to true",
    );
    expect(at.vault.stored.get(path)).toMatchObject({ password: "theirs" });
    const made = await at.bed.up({ ...inputs, adopt: true });
    expect(at.vault.stored.get(path)).toMatchObject({ password, berth: data.berth });
    expect(await at.bed.diff(made, inputs)).toEqual([]);
  });

  it("one that was made anew since this stack made it", async () => {
    const made = await at.bed.up();
    at.vault.stored.set(path, { ...unmarked });
    expect(await at.bed.diff(made)).toEqual(["data.berth"]);
    expect(await nothingIs(at.bed.up(inputs, made))).toContain("this stack did not make it");
    const refreshed = await at.bed.refresh(made);
    expect(await nothingIs(at.bed.up(inputs, refreshed))).toContain("this stack did not make it");
  });

  it("an item with another login than the stack file names", async () => {
    at.bed.setItem(password, "1", "root");
    expect(await nothingIs(at.bed.up())).toContain(
      '1Password item Coachlight/vault-login has the login "root", and Vault\'s login to Postgres is "vault"\n  fix: correct the item\'s username, or berth:secrets.vault.manage.database.user',
    );
    at.bed.setItem(password, "2", "vault");
    await at.bed.up();
  });

  it("a run without a token, with the command that gets one", async () => {
    vi.stubEnv("VAULT_TOKEN", "");
    expect(await nothingIs(at.bed.up())).toContain("VAULT_TOKEN is not set");
    vi.stubEnv("VAULT_TOKEN", at.vault.token);
    await at.bed.up();
  });

  it("inputs that hold a password or another secret", async () => {
    const check = (newInputs: typeof inputs) =>
      at.bed.provider().check({ urn, oldInputs: undefined, newInputs });
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
      refuse(
        400,
        "error creating database object: error verifying connection: dial tcp: no such host",
      ),
      "fix: see that Vault itself reaches Postgres at this address, and correct berth:secrets.vault.manage.database",
    ],
  ])("%s", async (_, answer, fix) => {
    at.vault.fault = ({ method }) => (method === "POST" ? answer : undefined);
    await expect(at.bed.up()).rejects.toThrow(fix);
    expect(at.vault.stored.size).toBe(0);
    at.vault.fault = undefined;
    await at.bed.up();
  });

  it.each([
    ["sealed", () => refuse(503, "Vault is sealed"), "is sealed"],
    ["down", () => ({ status: 502, body: "" }), "answered 502"],
  ])("with a Vault that is %s nothing is kept in state", async (_, fault, said) => {
    at.vault.fault = fault;
    await expect(at.bed.up()).rejects.toThrow(said);
    at.vault.fault = undefined;
    expect(await at.bed.diff(await at.bed.up())).toEqual([]);
  });
});

it("of a stack under its former id is still the stack's", async () => {
  const made = await at.bed.up();
  at.bed.stack = { id: "fedcba9876543210", name: "organization/berth/team", former: [stackId] };
  const renamed = later({ berth: "stack fedcba9876543210, app wiki" });
  expect(await at.bed.diff(made, renamed)).toEqual(["data.berth"]);
  const after = await at.bed.up(renamed, made);
  expect(at.vault.stored.get(path)).toMatchObject({ berth: "stack fedcba9876543210, app wiki" });
  await at.bed.remove(after);
  expect(at.vault.stored.size).toBe(0);
});
