import { expect, it } from "vitest";
import { medianOf } from "./timing.ts";

it("rounds come to the median of each figure, and keep what is no number", () => {
  const round = (up: number, cpu: number | undefined) => ({
    n: 2,
    up,
    cpu: { up: cpu },
    note: "a",
  });
  expect(medianOf([round(5, 1), round(1, 9), round(3, 2)])).toEqual(round(3, 2));
  expect(medianOf([round(1, undefined), round(2, undefined)])).toEqual(round(1.5, undefined));
});
