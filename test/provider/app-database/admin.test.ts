import { afterEach, expect, it, vi } from "vitest";
import { readAdminItem } from "../../../components/onepassword/admin.ts";
import { Credential } from "../../../components/onepassword/credential.ts";
import { toProviderPostgres } from "../../../components/postgres/app-database.ts";
import { createSampleVault, makeToken } from "../../../dev/connect/sample-vault.ts";
import { startConnect } from "../../../dev/connect/server.ts";
import { VaultStore } from "../../../dev/connect/vault-data.ts";
import { parseProviderConfig } from "../../../provider/app-database/provider-config.ts";
import { SecretValue } from "../../../provider/rpc/property-values.ts";
import { makeSpec } from "../../fakes/stack.ts";

/** The admin's password: the provider gets the item's name and reads the item by itself. */

const withoutItem = {
  endpoint: { kind: "direct", host: "127.0.0.1", port: 5432 },
  tls: { mode: "disable", serverName: "localhost" },
  maintenanceDatabase: "postgres",
  reserved: [],
  ownershipRole: "berth_prod",
  connectionLimit: 4,
  username: "coachlight_admin",
};
const postgres = { ...withoutItem, adminItem: "Coachlight/postgres-admin" };
const ref = { vault: "Coachlight", item: "postgres-admin" };

afterEach(() => {
  vi.unstubAllEnvs();
});

function setEnvironment(env: Readonly<Record<string, string>>): void {
  const names = ["OP_CONNECT_HOST", "OP_CONNECT_TOKEN", "OP_SERVICE_ACCOUNT_TOKEN", "OP_ACCOUNT"];
  for (const name of names) vi.stubEnv(name, env[name] ?? "");
}

it("of an admin without an item is none, and nothing is read", async () => {
  const config = parseProviderConfig({ postgres: withoutItem }, () => {
    throw new Error("an item was read");
  });
  expect(await config?.admin()).toMatchObject({ username: "coachlight_admin" });
});

it.each([{ service: "main" }, { pod: "main-0" }, { selector: "role=primary" }])(
  "the provider takes the endpoint %j of a stack file",
  (target) => {
    const kubernetes = { namespace: "db", ...target };
    const spec = makeSpec({}, { endpoint: { kubernetes }, service: { host: "main.db" } });
    const given = toProviderPostgres(spec.postgres, { username: "boss" });
    const config = parseProviderConfig({ postgres: given }, readAdminItem);
    expect(config?.endpoint).toEqual(spec.postgres.endpoint);
  },
);

it("is read when it is first needed, and once", async () => {
  const read = vi.fn(() => Promise.resolve(new Credential("coachlight_admin", "word")));
  const config = parseProviderConfig({ postgres }, read);
  expect(read).not.toHaveBeenCalled();
  const [one, other] = await Promise.all([config?.admin(), config?.admin()]);
  expect(one).toBe(other);
  expect(read.mock.calls).toEqual([[ref]]);
});

it("is asked for once where it cannot be read, since 1Password counts that", async () => {
  const read = vi.fn(() => Promise.reject(new Error("refused")));
  const config = parseProviderConfig({ postgres }, read);
  await expect(config?.admin()).rejects.toThrow("refused");
  await expect(config?.admin()).rejects.toThrow("refused");
  expect(read).toHaveBeenCalledOnce();
});

it("is not taken from the state of an earlier version, which has it", async () => {
  const old = { ...postgres, password: new SecretValue("canary-of-old-state") };
  const read = () => Promise.resolve(new Credential("coachlight_admin", "word"));
  const config = parseProviderConfig({ postgres: old }, read);
  expect((await config?.admin())?.revealPassword()).toBe("word");
  expect(JSON.stringify(config)).not.toContain("canary-of-old-state");
});

it("comes from the item, after a failure that passes", async () => {
  const vault = createSampleVault();
  const token = makeToken();
  const connect = await startConnect({ store: new VaultStore([vault]), token });
  setEnvironment({ OP_CONNECT_HOST: connect.url, OP_CONNECT_TOKEN: token });
  connect.faults.play({ kind: "server-error", times: 1 });
  const item = vault.items.find(({ title }) => title === "postgres-admin");
  const password = item?.fields.find(({ label }) => label === "password")?.value;
  const admin = await readAdminItem(ref);
  expect(admin.username).toBe("coachlight_admin");
  expect(admin.revealPassword()).toBe(password);
  await expect(readAdminItem({ ...ref, item: "nothing" })).rejects.toThrow(
    'admin: vault "Coachlight", item "nothing": there is no such item\n    fix: op item create',
  );
  await connect.close();
});

it("is missed, where the environment names no 1Password, with what refresh and destroy need", async () => {
  setEnvironment({});
  await expect(readAdminItem(ref)).rejects.toThrow(
    `the admin's password is read from 1Password (vault "Coachlight", item "postgres-admin") whenever Berth asks the server, in pulumi refresh and destroy as well. 1Password: the environment does not say how to reach it
  fix: export OP_CONNECT_HOST and OP_CONNECT_TOKEN`,
  );
});
