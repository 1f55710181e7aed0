import { describe, expect, it, vi } from "vitest";
import { UNKNOWN } from "../../../provider/rpc/property-values.ts";
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

/** What a refresh and a preview find of a connection, and what becomes of one that leaves. */

const at = useConnection();

describe("a refresh", () => {
  it("has what Vault has, and the next up puts it right", async () => {
    const made = await at.bed.up();
    at.vault.stored.set(path, { ...data, allowed_roles: ["*"], password });
    const found = await at.bed.refresh(made);
    expect(found?.state).toEqual({
      ...inputs,
      data: { ...data, allowed_roles: ["*"] },
      itemVersion: "1",
    });
    expect(await at.bed.diff(found ?? made)).toEqual(["data.allowed_roles"]);
    expect(await at.bed.diff(made)).toEqual(["data.allowed_roles"]);
    await at.bed.up(inputs, found);
    expect(at.vault.stored.get(path)).toEqual({ ...data, password });
  });

  it("forgets a connection that is gone, also with its mount, and a diff finds that too", async () => {
    const made = await at.bed.up();
    at.vault.stored.clear();
    expect(await at.bed.refresh(made)).toBeUndefined();
    expect(await at.bed.diff(made)).toEqual(["data.berth"]);
    await at.bed.up(inputs, made);
    expect(at.vault.stored.get(path)).toEqual({ ...data, password });
    const elsewhere = { ...made, state: { ...made.state, path: "gone/config/wiki" } };
    expect(await at.bed.refresh(elsewhere)).toBeUndefined();
  });

  it("of an import names the key that adopts the connection", async () => {
    at.vault.stored.set(path, { ...unmarked });
    await expect(at.bed.refresh({ id: path, urn, inputs: {}, state: {} })).rejects.toThrow(
      "set berth:apps.….vault.adopt to true; pulumi up then takes the connection over",
    );
    await at.bed.up({ ...inputs, adopt: true });
  });
});

describe("a preview", () => {
  it("says what up writes, and writes nothing", async () => {
    expect(await at.bed.preview()).toEqual(inputs);
    expect(at.bed.reports).toEqual([
      `app wiki: ${path} is written in Vault, with the login of item Coachlight/vault-login if Vault does not have it yet`,
    ]);
    expect(at.vault.writes).toEqual([]);
  });

  it("refuses what up would refuse", async () => {
    at.vault.stored.set(path, { ...others });
    await expect(at.bed.preview()).rejects.toThrow(
      "the stack with id fedcba9876543210 did, for app news",
    );
  });

  it("of values that are not known yet asks nothing", async () => {
    const unknown = { ...inputs, data: UNKNOWN };
    const check = { urn, oldInputs: undefined, newInputs: unknown };
    expect((await at.bed.provider().check(check)).failures).toEqual([]);
    expect(await at.bed.preview(unknown)).toEqual(unknown);
    const made = await at.bed.up();
    expect(await at.bed.diff(made, unknown)).toEqual(["data"]);
    const part = { ...inputs, data: { ...data, connection_url: UNKNOWN } };
    expect(await at.bed.diff(made, part)).toEqual(["data"]);
  });

  it.each([
    ["offline", "BERTH_OFFLINE=true"],
    ["without a token", "VAULT_TOKEN is not set"],
  ])("%s compares with nothing, and says so once", async (way, why) => {
    const made = await at.bed.up();
    if (way === "offline") at.bed.isOffline = true;
    else vi.stubEnv("VAULT_TOKEN", "");
    const calls = at.vault.calls.length;
    const handler = at.bed.provider();
    const request = { id: path, urn, oldInputs: inputs, oldState: made.state, newInputs: inputs };
    expect([await handler.diff(request), await handler.diff(request)]).toEqual([{}, {}]);
    expect(await handler.create({ urn, inputs, preview: true })).toEqual({
      id: path,
      state: inputs,
    });
    expect([at.vault.calls.length, at.bed.reads]).toEqual([calls, 1]);
    expect(at.bed.reports).toEqual([`not compared with Vault: ${why}`]);
  });
});

describe("a connection that leaves", () => {
  it("is deleted, and it is no error that it is gone", async () => {
    const made = await at.bed.up();
    await at.bed.remove(made);
    expect(at.vault.stored.size).toBe(0);
    await at.bed.remove(made);
  });

  it("stays while logins that Vault made are in use", async () => {
    const made = await at.bed.up();
    at.vault.leases.add("postgres/creds/wiki");
    await expect(at.bed.remove(made)).rejects.toThrow(
      "fix: deploy the app with its new login, or end them: vault lease revoke -prefix postgres/creds/wiki; then run the same command again",
    );
    expect(at.vault.stored.has(path)).toBe(true);
    at.vault.leases.clear();
    await at.bed.remove(made);
    expect(at.vault.stored.size).toBe(0);
  });

  it("goes where nobody may look for such logins, with a warning", async () => {
    const made = await at.bed.up();
    at.vault.denied.add("sys/leases/lookup/postgres/creds/wiki");
    await at.bed.remove(made);
    expect(at.vault.stored.size).toBe(0);
    expect(at.bed.reports).toEqual([
      expect.stringContaining("whether Vault's logins are left is not"),
    ]);
  });

  it.each([
    ["by hand", unmarked],
    ["by another stack", others],
    ["for another app of the stack", { ...data, berth: `stack ${stackId}, app news` }],
  ])("stays if it was made anew %s", async (_, written) => {
    const made = await at.bed.up();
    at.vault.stored.set(path, { ...written });
    await at.bed.remove(made);
    expect(at.vault.stored.get(path)).toEqual(written);
    expect(at.bed.reports).toEqual([
      `app wiki: ${path} stays in Vault: others have written it since this stack did`,
    ]);
  });
});
