import { expect, test } from "vitest";
import { describeSettings } from "../../../components/postgres/rules/settings.ts";

test("what adopting changes is said without the value of an app's own setting, which may be a secret", () => {
  const live = ["work_mem=4MB", "app.jwt_secret=canary", "app.mode=same"];
  const wanted = { work_mem: "8MB", "app.jwt_secret": "given", "app.mode": "same", "app.new": "x" };
  expect(describeSettings(wanted, live)).toEqual([
    "work_mem 4MB becomes 8MB",
    "app.jwt_secret (another value) becomes given",
    "app.new (default) becomes x",
  ]);
});
