import { readFileSync, rmSync, statSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { parse } from "yaml";
import { askVault } from "../../dev/vault/request.ts";
import { ensureVaultServer } from "../../toolchain/cluster.ts";
import type { Config } from "./bed.ts";
import { makeInstalledClone, npmIn } from "./clone.ts";
import { buildingTime } from "./vault-bed.ts";

/** The sandbox with a Vault, as people run it, in a clone of their own. */

let clone: string;
const at = (file: string): string => path.join(clone, ".berth/dev", file);

const npm = (...args: readonly string[]) => npmIn(clone, args);

function readConfig(): Config {
  return (parse(readFileSync(at("Pulumi.dev.yaml"), "utf8")) as { config: Config }).config;
}

beforeAll(async () => {
  clone = makeInstalledClone();
  await ensureVaultServer((line) => {
    process.stderr.write(`${line}\n`);
  });
}, buildingTime);

afterAll(async () => {
  await npm("start", "--", "--down");
  rmSync(clone, { recursive: true, force: true });
});

it("brings up an app whose logins Vault makes, stops, goes on, and goes back to 1Password alone", async () => {
  const first = await npm("start", "--", "--vault");
  expect(first.exitCode, first.all).toBe(0);
  expect(first.all).toMatch(/ok +recipes: database recipes, owner recipes_role/);
  const secrets = readConfig()["berth:secrets"] as { vault: { address: string } };
  const { address } = secrets.vault;
  expect(first.all).toContain(`vault       ${address}`);
  const { rootToken } = JSON.parse(readFileSync(at("vault/keys.json"), "utf8")) as {
    rootToken: string;
  };
  expect(first.all).not.toContain(rootToken);
  expect(statSync(at("vault/keys.json")).mode & 0o077).toBe(0);
  const path = "postgres/roles/recipes";
  expect((await askVault(address, { path, token: rootToken })).status).toBe(200);

  await npm("start", "--", "--stop");
  await expect(askVault(address, { path })).rejects.toThrow();
  const verified = await npm("run", "verify", "--", "--stack", "dev");
  expect(verified.exitCode, verified.all).toBe(0);
  const again = await npm("start", "--", "--vault");
  expect(again.exitCode, again.all).toBe(0);
  expect(again.all).toContain("up: no changes");

  const back = await npm("start");
  expect(back.exitCode, back.all).toBe(0);
  expect(readConfig()["berth:apps"]).not.toHaveProperty("recipes");
  await expect(askVault(address, { path })).rejects.toThrow();
}, 600_000);

it("is not on a cluster too", async () => {
  const { all, exitCode } = await npm("start", "--", "--vault", "--cluster");
  expect(exitCode).toBe(2);
  expect(all).toContain("--cluster and --vault do not go together");
});
