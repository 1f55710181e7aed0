import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { keepCommitted } from "../../dev/stack-file.ts";

const folder = mkdtempSync(path.join(tmpdir(), "berth-stack-file-"));
const file = path.join(folder, "Pulumi.dev.yaml");

afterAll(() => {
  rmSync(folder, { recursive: true });
});

const before = "# ours\nconfig:\n  berth:apps: { wiki: {} }\n";
const edited = "config:\n  berth:apps: { wiki: {}, shop: {} }\n";

test.each([
  ["puts a salt into it", `encryptionsalt: v1:x\nconfig:\n  berth:apps:\n    wiki: {}\n`, before],
  ["takes it away", undefined, before],
  ["lets it be", before, before],
  ["runs while a person edits it", edited, edited],
  ["runs while a person is not done", "config:\n  - [\n", "config:\n  - [\n"],
])("the committed file is what it was when Pulumi %s", async (_, written, left) => {
  writeFileSync(file, before);
  const run = keepCommitted(() => {
    if (written === undefined) rmSync(file);
    else writeFileSync(file, written);
    return Promise.reject(new Error("interrupted"));
  }, file);
  await expect(run).rejects.toThrow("interrupted");
  expect(readFileSync(file, "utf8")).toBe(left);
});
