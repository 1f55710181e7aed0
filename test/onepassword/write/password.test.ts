import fc from "fast-check";
import { expect, test } from "vitest";
import { makePassword } from "../../../components/onepassword/write/password.ts";
import { findProblems, makeApp, makeSpec, writeStack } from "../../fakes/stack.ts";

const shapes = { "letters-digits": /^[A-Za-z0-9]*$/, hex: /^[0-9a-f]*$/ };

test("a password has the length and the characters that are asked for, and is new each time", () => {
  const alphabet = fc.constantFrom("letters-digits" as const, "hex" as const);
  fc.assert(
    fc.property(fc.record({ alphabet, length: fc.integer({ min: 24, max: 128 }) }), (recipe) => {
      const [one, other] = [makePassword(recipe), makePassword(recipe)];
      expect(one).toHaveLength(recipe.length);
      expect(one).toMatch(shapes[recipe.alphabet]);
      expect(one).not.toBe(other);
    }),
  );
});

test("every character of the alphabet comes up", () => {
  const text = makePassword({ length: 5000, alphabet: "hex" });
  expect(new Set(text).size).toBe(16);
});

test("a role says how its password is made, else the stack does, else Berth", () => {
  expect(makeApp({}).roles[0].generate).toEqual({ length: 32, alphabet: "letters-digits" });
  const entry = {
    owner: { generate: { alphabet: "hex" } },
    roles: { ro: { profile: "readonly" } },
  };
  const raw = writeStack({ wiki: entry });
  const onepassword = { vault: "Coachlight", generate: { length: 48 } };
  expect(findProblems({ ...raw, onepassword })).toEqual([]);
  const [app] = makeSpec({ wiki: entry }).apps;
  expect(app?.roles.map(({ generate }) => generate)).toEqual([
    { length: 32, alphabet: "hex" },
    { length: 32, alphabet: "letters-digits" },
  ]);
});

test.each([
  [{ length: 15 }, "length: 15 is too short; letters-digits needs at least 16 characters"],
  [{ length: 23, alphabet: "hex" }, "length: 23 is too short; hex needs at least 24 characters"],
  [{ length: 129 }, "length: 129 Too big: expected number to be <=128"],
  [{ alphabet: "base64" }, "allowed are letters-digits, hex"],
])("fails for %j, which could be guessed or is unknown", (generate, problem) => {
  const problems = findProblems(writeStack({ wiki: { owner: { generate } } }));
  expect(problems.join("\n")).toContain(problem);
});
