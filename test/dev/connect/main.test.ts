import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { OnePasswordConnect } from "@1password/connect";
import { execa } from "execa";
import { expect, test } from "vitest";
import { createSampleVault, makeToken } from "../../../dev/connect/sample-vault.ts";
import { VaultStore, writePrivately } from "../../../dev/connect/vault-data.ts";
import { useFolder } from "../../fakes/folder.ts";

const home = useFolder("connect");
const main = join(import.meta.dirname, "../../../dev/connect/main.ts");

test("runs as its own process, keeps changes over a restart, and logs no secret", async () => {
  const vaultFile = join(home, "vault.json");
  const tokenFile = join(home, "token");
  const token = makeToken();
  new VaultStore([createSampleVault()], vaultFile).save();
  writePrivately(tokenFile, token);
  const args = [main, vaultFile, tokenFile, "0"];
  let log = "";

  const first = execa(process.execPath, args, { reject: false });
  first.stdout.on("data", (chunk) => (log += String(chunk)));
  const url = await readAddress(first.stdout);
  const client = OnePasswordConnect({ serverURL: url, token });
  const vault = await client.getVault("Coachlight");
  const item = await client.getItem(vault.id ?? "", "netbox-db-credentials");
  for (const field of item.fields ?? []) {
    if (field.label === "password") field.value = "rotated-value";
  }
  await client.updateItem(vault.id ?? "", item);
  const change = `PUT /v1/vaults/${vault.id ?? ""}/items/${item.id ?? ""} 200`;
  await expect.poll(() => log).toContain(change);
  first.kill("SIGTERM");
  log += (await first).stderr;

  const second = execa(process.execPath, args, { reject: false });
  const again = OnePasswordConnect({ serverURL: await readAddress(second.stdout), token });
  const kept = await again.getItem(vault.id ?? "", "netbox-db-credentials");
  expect(kept.version).toBe(2);
  expect(kept.fields?.find((field) => field.label === "password")?.value).toBe("rotated-value");
  second.kill("SIGTERM");
  log += (await second).stdout;

  expect(statSync(vaultFile).mode & 0o777).toBe(0o600);
  expect(statSync(tokenFile).mode & 0o777).toBe(0o600);
  for (const secret of [token, "rotated-value"]) expect(log).not.toContain(secret);
});

test("fails to load a file that is no vault file, without quoting what is in it", () => {
  const file = join(home, "odd.json");
  const store = new VaultStore([createSampleVault()], file);
  store.save();
  const secret = store.vaults()[0]?.items[0]?.fields[1]?.value ?? "";
  const broken = readFileSync(file, "utf8").replace('"version": 1', '"version": "one"');
  for (const text of [broken, broken.slice(0, -9)]) {
    writeFileSync(file, text);
    const load = (): VaultStore => VaultStore.load(file);
    expect(load).toThrow("is not the vault file of a stand-in\n  fix: npm start -- --down");
    expect(load).not.toThrow(secret);
  }
});

function readAddress(stream: NodeJS.ReadableStream): Promise<string> {
  return new Promise((resolve, reject) => {
    stream.on("data", (chunk) => {
      const address = /^listening on (\S+)$/m.exec(String(chunk))?.[1];
      if (address !== undefined) resolve(address);
    });
    stream.once("end", () => {
      reject(new Error("the stand-in ended before it listened"));
    });
  });
}
