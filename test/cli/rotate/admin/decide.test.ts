import { expect, test } from "vitest";
import { decideAdminStep } from "../../../../cli/rotate/admin/decide.ts";

test.each([
  ["no rotation has begun", { works: true, next: undefined }, "stage"],
  ["it was killed before the server had the next password", { works: true, next: false }, "set"],
  ["it was killed before the item had it", { works: false, next: true }, "take"],
  ["somebody changed the password on the server", { works: false, next: undefined }, "refuse"],
  ["somebody did so during a rotation", { works: false, next: false }, "refuse"],
])("%s", (_, found, kind) => {
  expect(decideAdminStep({ ...found, wrong: false }).kind).toBe(kind);
});

test("a server that asks for no password proves nothing", () => {
  expect(decideAdminStep({ works: true, next: true, wrong: true })).toEqual({
    kind: "refuse",
    because: "any password",
  });
});
