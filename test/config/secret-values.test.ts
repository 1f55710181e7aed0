import { expect, test } from "vitest";
import { findProblems, writeStack } from "../fakes/stack.ts";

test("fails on a URL with a password or a token, before anything that would show it", () => {
  const url = "https://bot:canary@git.example.org/gitops.git";
  const written = {
    ...writeStack({
      wiki: {
        workload: {
          helm: {
            repoURL: url,
            chart: "wiki",
            version: "1",
            // Text of any form, in which a chart may have its own placeholders.
            values: { url: "postgres://wiki:$(PASSWORD)@db/wiki", other: "redis://:secret@cache" },
          },
        },
        owner: { keys: { URL: "postgres://wiki:${password}@${host}/wiki" } },
      },
    }),
    gitops: { directory: "g", repoURL: url, unknown: url },
    charts: {
      wiki: { repoURL: "https://bot@git.example.org/charts" },
      // A key's ID at AWS CodeCommit.
      mail: { repoURL: "ssh://APKA0000000000EXAMPLE@git.example.org/charts" },
      blog: { repoURL: "https://ghp_0123456789abcdefghij@git.example.org/charts" },
      shop: { repoURL: "https://canary-0123456789-canary:@git.example.org/charts" },
    },
  };
  const problem =
    "the URL has a password or a token, which Berth would write in clear into state and manifests";
  const fix = "    fix: take it out of the URL, and give it as a Secret to what uses the URL";
  expect(findProblems(written)).toEqual([
    `berth:apps.wiki.workload.helm.repoURL: ${problem}`,
    fix,
    `berth:gitops.repoURL: ${problem}`,
    fix,
    `berth:gitops.unknown: ${problem}`,
    fix,
    `berth:charts.blog.repoURL: ${problem}`,
    fix,
    `berth:charts.shop.repoURL: ${problem}`,
    fix,
  ]);
});
