import { expect, it } from "vitest";
import { didYouMean, findClosest } from "../components/closest.ts";

it.each([
  ["workloads", "workload"],
  ["emial", "email"],
  ["Coachlite", "Coachlight"],
  ["WIKI", "wiki"],
  ["x", undefined],
  ["shop-db-credentials", undefined],
  ["completely-different", undefined],
  ["", undefined],
])("the name that is closest to %j is %j", (given, closest) => {
  expect(
    findClosest(given, ["workload", "email", "Coachlight", "wiki", "netbox-db-credentials"]),
  ).toBe(closest);
});

it("asks only where a name is close", () => {
  expect(didYouMean("emial", ["email"])).toBe('; did you mean "email"?');
  expect(didYouMean("emial", [])).toBe("");
});
