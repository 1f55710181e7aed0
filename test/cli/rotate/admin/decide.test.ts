import { expect, test } from "vitest";
import { decideAdminStep } from "../../../../cli/rotate/admin/decide.ts";

test.each([
  ["no rotation has begun", { works: true, next: undefined }, "stage"],
  ["it was killed before the server had the next password", { works: true, next: false }, "set"],
  ["it was killed before the item had it", { works: false, next: true }, "take"],
  ["somebody changed the password on the server", { works: false, next: undefined }, "no password"],
  ["somebody did so during a rotation", { works: false, next: false }, "no password"],
])("%s", (_, found, step) => {
  expect(decideAdminStep({ ...found, wrong: false })).toBe(step);
});

test("a server that asks for no password proves nothing", () => {
  expect(decideAdminStep({ works: true, next: true, wrong: true })).toBe("any password");
});
