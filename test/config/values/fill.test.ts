import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fillPlaceholders } from "../../../components/config/values/fill.ts";

const known = new Map<string, string | number>([
  ...Object.entries({ role: "r", database: "d", secret: "s", host: "h", port: 5432 }),
  ["port:text", "5432"],
]);
const fill = (values: Readonly<Record<string, unknown>>) =>
  fillPlaceholders(values, (name) => {
    const value = known.get(name);
    return value === undefined ? { problem: `no ${name}` } : { value };
  });

describe("filling placeholders", () => {
  it("replaces them in strings at any depth and leaves the rest", () => {
    const values = { a: ["${host}", { b: "x-${role}-${database}" }], c: 1, d: null, e: true };
    expect(fill(values)).toEqual({
      values: { a: ["h", { b: "x-r-d" }], c: 1, d: null, e: true },
      problems: [],
    });
  });

  it("makes a number of a port that stands alone", () => {
    expect(fill({ a: "${port}", b: "h:${port}", c: "${port:text}" }).values).toEqual({
      a: 5432,
      b: "h:5432",
      c: "5432",
    });
  });

  it("touches no key", () => {
    expect(fill({ "${role}": "${role}" }).values).toEqual({ "${role}": "r" });
  });

  it("takes $${…} for the text itself", () => {
    expect(fill({ a: "$${role}", b: "$${HOME}/x", c: "$5 $" })).toEqual({
      values: { a: "${role}", b: "${HOME}/x", c: "$5 $" },
      problems: [],
    });
  });

  it("reports every unknown one with its path", () => {
    const { problems } = fill({ a: { b: ["ok", "${user} ${constructor}"] }, c: "${}" });
    expect(problems).toEqual([
      { at: "a.b[1]", what: "a.b[1]: no user" },
      { at: "a.b[1]", what: "a.b[1]: no constructor" },
      { at: "c", what: "c: no " },
    ]);
  });

  it("changes nothing where there is no placeholder", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (values) => {
        fc.pre(!JSON.stringify(values).includes("${"));
        expect(fill(values)).toEqual({ values, problems: [] });
      }),
    );
  });
});
