import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { OnePasswordConnect } from "@1password/connect";
import { execa } from "execa";
import { afterAll, expect, test } from "vitest";
import { createSampleVault } from "../../../dev/connect/sample-vault.ts";
import { VaultStore } from "../../../dev/connect/vault-data.ts";

const home = mkdtempSync(join(tmpdir(), "berth-connect-"));
const main = join(import.meta.dirname, "../../../dev/connect/main.ts");

afterAll(() => {
  rmSync(home, { recursive: true, force: true });
});

test("runs as its own process, keeps changes over a restart, and logs no secret", async () => {
  const vaultFile = join(home, "vault.json");
  const tokenFile = join(home, "token");
  const files = ["--vault", vaultFile, "--port", "0", "--token-file", tokenFile];
  let log = "";

  const first = execa(process.execPath, [main, ...files, "--create"]);
  const url = await readAddress(first.stdout);
  const token = readFileSync(tokenFile, "utf8").trim();
  const client = OnePasswordConnect({ serverURL: url, token });
  const vault = await client.getVault("Coachlight");
  const item = await client.getItem(vault.id ?? "", "netbox-db-credentials");
  const response = await fetch(`${url}/v1/vaults/${vault.id ?? ""}/items/${item.id ?? ""}`, {
    method: "PATCH",
    headers: { authorization: `Bearer ${token}` },
    body: JSON.stringify([
      { op: "replace", path: "/fields/password/value", value: "rotated-value" },
    ]),
  });
  expect(response.status).toBe(200);
  first.kill("SIGTERM");
  const ended = await first;
  expect(ended.exitCode).toBe(0);
  log += ended.stdout + ended.stderr;

  const second = execa(process.execPath, [main, ...files]);
  const again = OnePasswordConnect({ serverURL: await readAddress(second.stdout), token });
  const kept = await again.getItem(vault.id ?? "", "netbox-db-credentials");
  expect(kept.version).toBe(2);
  expect(kept.fields?.find((field) => field.label === "password")?.value).toBe("rotated-value");
  second.kill("SIGTERM");
  log += (await second).stdout;

  expect(statSync(vaultFile).mode & 0o777).toBe(0o600);
  expect(statSync(tokenFile).mode & 0o777).toBe(0o600);
  expect(log).toContain(`PATCH /v1/vaults/${vault.id ?? ""}/items/${item.id ?? ""} 200`);
  for (const secret of [token, "rotated-value"]) expect(log).not.toContain(secret);
});

test("fails with the reason and a fix when a file is missing or the port is no number", async () => {
  const files = ["--vault", join(home, "none.json"), "--token-file", join(home, "none")];
  const missing = await execa(process.execPath, [main, ...files, "--port", "0"], { reject: false });
  expect(missing.exitCode).toBe(1);
  expect(missing.stderr).toContain("does not exist\n  fix: ");
  const port = await execa(process.execPath, [main, ...files, "--port", "x"], { reject: false });
  expect(port.stderr).toContain('--port: got "x"');
});

test("fails to load a vault file of a wrong shape, without quoting what is in it", () => {
  const file = join(home, "odd.json");
  const store = new VaultStore([createSampleVault()], file);
  store.save();
  const secret = store.vaults()[0]?.items[0]?.fields[1]?.value ?? "";
  const broken = readFileSync(file, "utf8").replace('"version": 1', '"version": "one"');
  const other = new VaultStore([], join(home, "other.json"));
  other.save();
  expect(VaultStore.load(join(home, "other.json")).vaults()).toEqual([]);
  rmSync(file);
  expect(() => loadText(file, broken)).toThrow(
    /not a vault file, see vaults\.0\.items\.0\.version/,
  );
  expect(() => loadText(file, broken.slice(0, -9))).toThrow("cannot be read as JSON");
  for (const text of [broken, broken.slice(0, -9)]) {
    expect(String(catchError(() => loadText(file, text)))).not.toContain(secret);
  }
});

function loadText(file: string, text: string): VaultStore {
  writeFileSync(file, text);
  return VaultStore.load(file);
}

function catchError(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  return undefined;
}

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
