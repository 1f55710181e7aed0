import { expect, test } from "vitest";
import { judgeAdmin } from "../../../cli/doctor/server-state.ts";
import { makeCatalog } from "../../fakes/catalog.ts";
import { makeSpec } from "../../fakes/stack.ts";

const judge = (server: Parameters<typeof makeCatalog>[2]) =>
  judgeAdmin(makeSpec({}), {
    ...{ catalog: makeCatalog([], [], server), isEncrypted: true, selfGrant: "set, inherit" },
  });

test("an admin that the server itself keeps from the neighbours is no reason to warn", () => {
  expect(judge({ versionNumber: 160_000 }).warnings).toBeUndefined();
});

test.each([
  ["a superuser", { isSuperuser: true }],
  ["CREATEROLE on Postgres 15", { versionNumber: 150_018 }],
])("%s is a warning: only Berth's own rules guard the neighbours", (_, server) => {
  expect(judge(server).warnings).toEqual([
    {
      detail: expect.stringContaining("nothing but Berth's own rules keeps it from") as unknown,
      fix: expect.stringContaining("berth:postgres.reserved") as unknown,
    },
  ]);
});
