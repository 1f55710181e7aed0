import { execa } from "execa";
import pLimit from "p-limit";
import { projectFolder } from "../components/project-folder.ts";

/**
 * `npm run check`: what can be known without Postgres, Pulumi or anything built. Two at a time, the longest
 * first; each shows what it printed when it is over.
 */

const checks = {
  lint: ["npm", "run", "--silent", "lint"],
  pure: ["vitest", "run", "--project", "pure"],
  types: ["tsc", "--noEmit"],
  unused: ["knip"],
  format: ["biome", "check", "."],
} as const;

const start = performance.now();
const seconds = (since: number): string => ((performance.now() - since) / 1000).toFixed(1);

const limit = pLimit(2);
const failed: string[] = [];
const runs = Object.entries(checks).map(([name, [program, ...args]]) =>
  limit(async () => {
    const begun = performance.now();
    const result = await execa(program, args, {
      cwd: projectFolder,
      preferLocal: true,
      reject: false,
      all: true,
    });
    const isGood = result.exitCode === 0;
    if (!isGood) failed.push(name);
    // Of what is well, a line is enough.
    const shown = isGood ? "" : `\n${result.all}`;
    process.stdout.write(
      `${isGood ? "ok  " : "FAIL"}  ${name.padEnd(8)} ${seconds(begun)} s${shown}\n`,
    );
  }),
);
await Promise.all(runs);
process.stdout.write(
  failed.length === 0
    ? `all well, in ${seconds(start)} s\n`
    : `failed: ${failed.join(", ")}; in ${seconds(start)} s\n`,
);
process.exitCode = failed.length === 0 ? 0 : 1;
