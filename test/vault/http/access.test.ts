import { expect, it } from "vitest";
import { readVaultEnvironment } from "../../../components/config/environment.ts";
import { readVaultAccess, type VaultPlace } from "../../../components/vault/http/access.ts";

/** How this machine reaches Vault: the stack file and the environment. */

const token = "hvs.canary-token-of-this-test";
const own = "https://vault.example:8200";
const cluster = "http://vault.tools:8200";
const VAULT_ADDR = "http://127.0.0.1:8200";
const read = (place: VaultPlace, env: Record<string, string> = {}) =>
  readVaultAccess(place, readVaultEnvironment({ VAULT_TOKEN: token, ...env }));

it.each<[string, VaultPlace, Record<string, string>, string]>([
  ["manage.address", { address: own, clusterAddress: cluster }, { VAULT_ADDR }, own],
  ["VAULT_ADDR", { clusterAddress: cluster }, { VAULT_ADDR }, VAULT_ADDR],
  ["the cluster's address", { clusterAddress: cluster }, { VAULT_ADDR: "" }, cluster],
])("%s is the address before those after it", (_, place, env, address) => {
  expect(read(place, env).address).toBe(address);
});

it("has the CA of the stack file before that of the environment", () => {
  expect(read({ address: own, caFile: "/ca.pem" }, { VAULT_CACERT: "/env.pem" }).caFile).toBe(
    "/ca.pem",
  );
  expect(read({ address: own }, { VAULT_CACERT: "/env.pem" }).caFile).toBe("/env.pem");
  expect(read({ address: own }).caFile).toBeUndefined();
});

it("has no address, until one is given", () => {
  expect(() => read({})).toThrow(
    "neither the stack file nor the environment has its address\n  fix: set berth:secrets.vault.manage.address, or export VAULT_ADDR=https://…",
  );
  expect(read({ address: own }).address).toBe(own);
  expect(read({}, { VAULT_ADDR }).address).toBe(VAULT_ADDR);
});

it("has no token, until one is exported", () => {
  expect(() => read({ address: own }, { VAULT_TOKEN: "" })).toThrow(
    `Vault at ${own}: VAULT_TOKEN is not set\n  fix: vault login, then export VAULT_TOKEN=$(vault print token)`,
  );
  expect(read({ address: own }).token).toBe(token);
});

it("does not show what is in VAULT_ADDR by mistake", () => {
  const wrong = () => read({}, { VAULT_ADDR: token });
  expect(wrong).toThrow(
    "VAULT_ADDR is not a URL\n  fix: export VAULT_ADDR=https://vault.example:8200",
  );
  expect(wrong).not.toThrow(token);
  expect(read({}, { VAULT_ADDR: own }).address).toBe(own);
});

it("refuses a login in VAULT_ADDR, which messages and state would show", () => {
  const wrong = () => read({}, { VAULT_ADDR: "https://canary-user:canary-word@vault.example" });
  expect(wrong).toThrow(
    "VAULT_ADDR has a user name or password in it\n  fix: export VAULT_ADDR=https://vault.example:8200",
  );
  expect(wrong).not.toThrow("canary");
});
