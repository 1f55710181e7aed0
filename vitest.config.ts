import { availableParallelism } from "node:os";
import path from "node:path";
import { defineConfig } from "vitest/config";

const common = {
  // A busy machine takes longer than the usual second.
  expect: { poll: { timeout: 60_000 } },
  // The message is often all that CI keeps of a failure. The usual limit, 40 characters, hides why.
  chaiConfig: { truncateThreshold: 1_500 },
};

/** An engine or cluster test starts programs that take as long as the machine makes them take. */
const patient = {
  testTimeout: 300_000,
  hookTimeout: 600_000,
  runner: "./test/engine/story-runner.ts",
  ...common,
};

/**
 * The projects are named by what their tests need, and a file's name alone decides where it belongs:
 *
 * - `pure`: nothing but Node.
 * - `postgres` (`x.postgres.test.ts`): a Postgres server, which each file starts for itself.
 * - `engine` (`test/engine`): Pulumi's CLI, the provider plugins, Postgres and the 1Password stand-in.
 * - `cluster` (`test/cluster`): the same behind a Kubernetes API server, which its setup starts.
 *
 * `x.full.test.ts`, in any of them, is for `npm run test:full`: `npm test` leaves it out. Of the matrices
 * in `x.rows.test.ts` each of the two runs a part (`test/rows.ts`).
 */
export default defineConfig({
  test: {
    // Tests of Postgres and Pulumi wait half of their time, for programs and for the disk.
    maxWorkers: availableParallelism() * 2,
    // Of the concurrent tests in one file. Only those of mutants are concurrent.
    maxConcurrency: availableParallelism(),
    projects: [
      {
        test: {
          name: "pure",
          // A list `exclude` of its own would undo the one that `npm test` gives.
          include: ["test/**/*.test.ts", "!test/{engine,cluster}/**", "!test/**/*.postgres.*"],
          // To load everything anew for each file is a third of the time; no file leaves anything behind.
          isolate: false,
          // Many tests start a verb: Node compiles its modules once for all of them.
          env: { NODE_COMPILE_CACHE: path.join(import.meta.dirname, "node_modules/.cache/node") },
          // Some start processes; on a busy machine that takes longer than the usual 5 s.
          testTimeout: 60_000,
          hookTimeout: 60_000,
          ...common,
        },
      },
      {
        test: {
          name: "postgres",
          include: ["test/**/*.postgres.{test,full.test,rows.test}.ts"],
          testTimeout: 60_000,
          hookTimeout: 120_000,
          ...common,
        },
      },
      {
        test: {
          name: "engine",
          include: ["test/engine/**/*.test.ts"],
          setupFiles: ["test/engine/on-failure.ts"],
          ...patient,
        },
      },
      {
        test: {
          name: "cluster",
          include: ["test/cluster/**/*.test.ts"],
          globalSetup: "test/cluster/setup.ts",
          setupFiles: ["test/engine/on-failure.ts"],
          fileParallelism: false,
          ...patient,
        },
      },
    ],
  },
});
