import { defineConfig } from "vitest/config";

/**
 * `unit`: everything that needs no Pulumi engine, a real Postgres included where SQL is what is
 * proved. `engine`: the CLI, the provider plugins, Postgres and the 1Password stand-in together;
 * one file at a time, since each of them keeps every core busy. `cluster`: the same behind a real
 * Kubernetes API server, which its setup builds and starts.
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: ["test/engine/**", "test/cluster/**"],
          // Some start processes or a server; on a busy machine that takes longer than the usual 5 s.
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: "engine",
          include: ["test/engine/**/*.test.ts"],
          setupFiles: ["test/engine/on-failure.ts"],
          fileParallelism: false,
          testTimeout: 300_000,
          hookTimeout: 600_000,
        },
      },
      {
        test: {
          name: "cluster",
          include: ["test/cluster/**/*.test.ts"],
          globalSetup: "test/cluster/setup.ts",
          setupFiles: ["test/engine/on-failure.ts"],
          fileParallelism: false,
          testTimeout: 300_000,
          hookTimeout: 600_000,
        },
      },
    ],
  },
});
