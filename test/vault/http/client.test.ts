import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it, onTestFinished } from "vitest";
import { createVaultClient, type VaultAccess } from "../../../components/vault/http/client.ts";
import type { VaultError } from "../../../components/vault/http/failure.ts";
import { issue } from "../../tunnel/certificate.ts";
import { FakeVault, refuse } from "../fake-vault.ts";

/** Requests to Vault, and what is said when one fails. */

const place = "postgres/config/wiki";
let vault: FakeVault;

beforeEach(async () => {
  vault = await FakeVault.start();
});

afterEach(async () => {
  await vault.close();
});

const open = (changes: Partial<VaultAccess> = {}) =>
  createVaultClient({ ...vault.access, ...changes });
const failureOf = (asked: Promise<unknown>): Promise<VaultError> =>
  asked.then(
    () => {
      throw new Error("it was not refused");
    },
    (error: unknown) => error as VaultError,
  );

it("reads, lists, writes and deletes, and finds nothing where nothing is", async () => {
  const client = open();
  expect(await client.read(place)).toBeUndefined();
  expect(await client.list("sys/leases/lookup/postgres/creds/wiki")).toEqual([]);
  await client.write(place, { plugin_name: "p", username: "vault" });
  expect(await client.read(place)).toMatchObject({ connection_details: { username: "vault" } });
  vault.leases.add("postgres/creds/wiki");
  expect(await client.list("sys/leases/lookup/postgres/creds/wiki")).toEqual(["one"]);
  await client.remove(place);
  expect(await client.read(place)).toBeUndefined();
  expect(await client.read("nothing/config/wiki")).toBeUndefined();
});

it("sends each part of a path as one, and the namespace", async () => {
  await open({ namespace: "admin/team" }).write("kvv2/data/a b/ü?x#y", { data: { key: "value" } });
  expect(vault.calls).toMatchObject([{ path: "kvv2/data/a b/ü?x#y", namespace: "admin/team" }]);
});

it("reads what has no data of its own, as the state of the seal", async () => {
  vault.fault = () => ({ status: 200, body: { sealed: true, version: "1.21.0" } });
  expect(await open().read("sys/seal-status")).toEqual({ sealed: true, version: "1.21.0" });
});

it("says that Vault is sealed, and goes on once it is not", async () => {
  vault.fault = () => refuse(503, "Vault is sealed");
  const failure = await failureOf(open().read(place));
  expect(failure.kind).toBe("sealed");
  expect(failure.message).toBe(
    `Vault at ${vault.address} is sealed: it answers nothing (read ${place})\n  fix: vault operator unseal, once for each key share that it asks for; who set Vault up has them`,
  );
  vault.fault = undefined;
  expect(await open().read(place)).toBeUndefined();
});

it("knows a token that is not valid, and works with one that is", async () => {
  const token = "hvs.another-token-of-this-test";
  const failure = await failureOf(open({ token }).read(place));
  expect(failure.kind).toBe("token");
  expect(failure.message).toContain(
    "fix: it has expired or is another Vault's: vault login, then export VAULT_TOKEN=$(vault print token)",
  );
  expect(failure.message).not.toContain(token);
  expect(await open().read(place)).toBeUndefined();
});

it.each([
  ["read", ["read"]],
  ["write", ["create", "update"]],
  ["delete", ["delete"]],
] as const)("names the right that a token lacks to %s, and works with it", async (verb, rights) => {
  vault.denied.add(place);
  const ask = (): Promise<unknown> => {
    if (verb === "read") return open().read(place);
    return verb === "write" ? open().write(place, { username: "vault" }) : open().remove(place);
  };
  const failure = await failureOf(ask());
  expect(failure.kind).toBe("denied");
  expect(failure.message).toContain(`Vault: the token may not ${verb} ${place}: `);
  expect(failure.message).toContain(
    `fix: add to a policy of the token: path "${place}" { capabilities = [${rights.map((one) => `"${one}"`).join(", ")}] }`,
  );
  vault.denied.clear();
  await ask();
});

it("names the mount that is missing", async () => {
  const failure = await failureOf(open().write("wrong/config/wiki", { username: "vault" }));
  expect(failure.kind).toBe("not-mounted");
  expect(failure.message).toContain("Vault has nothing at wrong/config/wiki to write to");
  expect(failure.message).toContain("fix: vault secrets list and vault auth list show the mounts");
  await open().write(place, { username: "vault" });
});

it("says where nothing answers, and works at the right address", async () => {
  const other = await FakeVault.start();
  const { address } = other;
  await other.close();
  const failure = await failureOf(open({ address }).read(place));
  expect(failure.kind).toBe("unreachable");
  expect(failure.message).toContain(`Vault at ${address} does not answer to read ${place}: `);
  expect(failure.message).toContain(
    "fix: see that Vault runs, then set berth:secrets.vault.manage.address, or export VAULT_ADDR",
  );
  expect(await open().read(place)).toBeUndefined();
});

it("does not wait for ever", async () => {
  vault.fault = () => new Promise(() => undefined);
  const client = createVaultClient(vault.access, { timeoutMs: 50 });
  const failure = await failureOf(client.read(place));
  expect(failure.message).toContain("no answer within 0.05 s");
});

it.each([
  ["a page", 200, "<html>welcome</html>"],
  ["a proxy that finds no server", 502, "<html>bad gateway</html>"],
  ["a proxy that knows no such path", 404, "404 page not found"],
])("does not take %s for an answer of Vault", async (_, status, body) => {
  vault.fault = () => ({ status, body });
  const failure = await failureOf(open().read(place));
  expect(failure.kind).toBe("unreachable");
  expect(failure.message).toContain(
    `${vault.address} does not answer like Vault to read ${place}: status ${String(status)}`,
  );
});

it("follows a standby to the active node, once and never out of TLS", async () => {
  const active = await FakeVault.start();
  onTestFinished(() => active.close());
  active.stored.set(place, { username: "vault" });
  vault.fault = () => ({ status: 307, body: "", location: `${active.address}/v1/${place}` });
  expect(await open().read(place)).toMatchObject({ connection_details: { username: "vault" } });
  active.fault = () => ({ status: 307, body: "", location: `${vault.address}/v1/${place}` });
  expect((await failureOf(open().read(place))).kind).toBe("failed");
  const calls = active.calls.length;
  vault.fault = () => ({ status: 307, body: "", location: `https://127.0.0.1:1/v1/${place}` });
  expect((await failureOf(open().read(place))).kind).toBe("failed");
  expect(active.calls.length).toBe(calls);
});

it("says that no node is active, and goes on when one is", async () => {
  vault.fault = () => refuse(500, "local node not active but active cluster node not found");
  const failure = await failureOf(open().read(place));
  expect(failure.kind).toBe("standby");
  expect(failure.message).toContain("fix: vault status shows when one is active");
  vault.fault = undefined;
  expect(await open().read(place)).toBeUndefined();
});

it("shows neither the token nor a value that was written, whatever Vault answers", async () => {
  const password = "canary pass/word-of-this-test";
  const said = `cannot parse postgresql://vault:${encodeURIComponent(password)}@db, ${password}`;
  const values = ["canary-value-one", "canary-value-two"];
  vault.fault = () => refuse(400, `${said}\n${values.join(" ")} ${vault.token}`);
  const failures = [
    await failureOf(open().write(place, { username: "vault", password })),
    await failureOf(
      open().write("kvv2/data/wiki/app", { data: { A: values[0] ?? "", B: [values[1] ?? ""] } }),
    ),
  ];
  const [first = "", second = ""] = failures.map(({ message }) => message);
  expect(first).toContain("cannot parse postgresql://vault:[hidden]@db, [hidden]");
  expect(second).toContain("[hidden] [hidden] [hidden]");
  expect(`${first}${String(failures[0]?.stack)}`).not.toMatch(
    /canary pass|canary%20pass|hvs\.canary/,
  );
  expect(`${second}${String(failures[1]?.cause)}`).not.toMatch(/canary-value|hvs\.canary/);
});

it("trusts a CA that is named, and says how to name it", async () => {
  const folder = mkdtempSync(path.join(tmpdir(), "berth-vault-"));
  onTestFinished(() => {
    rmSync(folder, { recursive: true });
  });
  const ca = issue("Test CA");
  const { cert, key } = issue("localhost", { issuer: ca });
  const secured = await FakeVault.start({ cert, key });
  onTestFinished(() => secured.close());
  const access = { ...secured.access, address: secured.address.replace("127.0.0.1", "localhost") };
  const failure = await failureOf(createVaultClient(access).read(place));
  expect(failure.kind).toBe("untrusted");
  expect(failure.message).toContain(
    "fix: set berth:secrets.vault.manage.caFile to the PEM file with its CA, or export VAULT_CACERT",
  );
  const caFile = path.join(folder, "ca.pem");
  const trusting = () => createVaultClient({ ...access, caFile });
  expect(trusting).toThrow(`its CA ${caFile} cannot be read`);
  expect(trusting).toThrow("fix: correct berth:secrets.vault.manage.caFile, or VAULT_CACERT");
  writeFileSync(caFile, ca.cert);
  expect(await trusting().read(place)).toBeUndefined();
});
