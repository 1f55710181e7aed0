import { execa } from "execa";
import pLimit from "p-limit";
import { projectFolder } from "../components/project-folder.ts";

/**
 * `npm run check`: what can be known without Postgres, Pulumi or anything built. Two at a time, the longest
 * first; each shows what it printed when it is over.
 */

const checks = {
  pure: ["vitest", "run", "--project", "pure", "--exclude", "**/*.full.test.ts"],
  lint: ["npm", "run", "--silent", "lint"],
  // More checkers end sooner on more cores, and each looks at some types again.
  types: ["npm", "run", "--silent", "typecheck", "--", "--checkers", "1"],
  unused: ["knip"],
  format: ["biome", "check", "."],
} as const;

/** TypeScript and oxlint are Go programs: they have the memory to collect garbage seldom, and share the processors. */
const env = { GOGC: "400", GOMAXPROCS: "1" };

const start = performance.now();
const seconds = (since: number): string => ((performance.now() - since) / 1000).toFixed(1);

const limit = pLimit(2);
const failed: string[] = [];
const runs = Object.entries(checks).map(([name, [program, ...args]]) =>
  limit(async () => {
    const begun = performance.now();
    const result = await execa(program, args, {
      cwd: projectFolder,
      env,
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
