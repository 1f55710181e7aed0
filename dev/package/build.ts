import { cpSync, globSync, rmSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { besideCode } from "./files.ts";

/**
 * `npm run build`, which `npm pack` runs: JavaScript and type declarations in `dist`, with the files that the code
 * reads. Node runs TypeScript in this repository, but not below `node_modules`.
 */

const root = fileURLToPath(new URL("../..", import.meta.url));
const dist = path.join(root, "dist");

rmSync(dist, { recursive: true, force: true });
const tsc = path.join(root, "node_modules/typescript/bin/tsc");
await execa(process.execPath, [tsc, "-p", "dev/package/tsconfig.json"], {
  cwd: root,
  // npm pack --json prints its own document there.
  stdout: process.stderr,
  stderr: "inherit",
});
for (const file of globSync([...besideCode], { cwd: root })) {
  cpSync(path.join(root, file), path.join(dist, file));
}
