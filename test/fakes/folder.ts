import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll } from "vitest";

/** A new folder for the tests of a file or a `describe`, gone after them. */
export function useFolder(name: string): string {
  const folder = mkdtempSync(path.join(tmpdir(), `berth-${name}-`));
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}
