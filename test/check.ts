import { execa } from "execa";
import pLimit from "p-limit";
import { projectFolder } from "../components/project-folder.ts";

/**
 * `npm run check`: what can be known without Postgres, Pulumi or anything built. Two at a time, the longest
 * first; each shows what it printed when it is over.
 */

/** The next run looks only at the types of what changed. */
const keptTypes = ["--incremental", "--tsBuildInfoFile", "node_modules/.cache/types.tsbuildinfo"];

const checks = {
  pure: ["vitest", "run", "--project", "pure", "--exclude", "**/*.full.test.ts"],
  lint: ["npm", "run", "--silent", "lint"],
  // More checkers end sooner on more cores, and each looks at some types again.
  types: ["npm", "run", "--silent", "typecheck", "--", "--checkers", "1", ...keptTypes],
  unused: ["knip", "--cache"],
  format: ["biome", "check", "."],
} as const;

/** TypeScript and oxlint are Go programs: up to this memory they collect no garbage, and they share the processors. */
const env = { GOGC: "off", GOMEMLIMIT: "3GiB", GOMAXPROCS: "1" };

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
