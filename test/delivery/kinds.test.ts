import { expect, test } from "vitest";
import { KINDS } from "../../components/delivery/cluster/kinds.ts";
import { findProblems, writeStack } from "../fakes/stack.ts";

test("labels and annotations can be given to each kind that Berth writes, and to no other", () => {
  const marks = { labels: { team: "x" } };
  const of = (kind: string) => findProblems({ ...writeStack({}), metadata: { [kind]: marks } });
  for (const { kind } of KINDS) expect(of(kind), kind).toEqual([]);
  expect(of("Pod")).toHaveLength(1);
});
