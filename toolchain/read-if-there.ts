import { readFileSync } from "node:fs";

/** undefined = the file is not there, or cannot be read. */
export function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

/** undefined = the file is not there, or somebody is writing it. */
export function readJsonIfThere(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as unknown;
  } catch {
    return undefined;
  }
}
