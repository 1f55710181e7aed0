#!/usr/bin/env node
/** `npx berth`. Plain JavaScript, because any Node on PATH may run it. */
import { existsSync } from "node:fs";
import module from "node:module";

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  process.stderr.write(
    `Berth needs Node 22.18 or newer; this is ${process.versions.node}\n  fix: install Node 24\n`,
  );
  process.exit(2);
}
// Node compiles less in the next run.
module.enableCompileCache?.();
const inRepository = new URL("../dev/verb.ts", import.meta.url);
await import(
  existsSync(inRepository) ? inRepository : new URL("../dist/cli/main.js", import.meta.url)
);
