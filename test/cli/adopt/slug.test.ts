import fc from "fast-check";
import { expect, test } from "vitest";
import { toKey } from "../../../cli/adopt/slug.ts";
import { AppName } from "../../../components/config/schema/primitives.ts";

const key = (name: string, taken: readonly string[] = []): string =>
  toKey(name, { longest: 40, fallback: "app", isFree: (found) => !taken.includes(found) });

test.each([
  ["wiki", "wiki"],
  ["My-App", "my-app"],
  ["user@example.com", "user-example-com"],
  [" with  space ", "with-space"],
  ["Ünïcödé Straße", "unicode-strasse"],
  ["日本語", "app"],
  ["123start", "app-123start"],
  ["null", "app-null"],
  ["yes", "app-yes"],
  ["secure", "app-secure"],
  ["n".repeat(63), "n".repeat(40)],
])("%j becomes %s", (name, expected) => {
  expect(key(name)).toBe(expected);
});

test("no two become the same", () => {
  expect(key("My App", ["my-app"])).toBe("my-app-2");
  expect(key("日本", ["app", "app-2"])).toBe("app-3");
  expect(key("n".repeat(63), ["n".repeat(40)])).toBe(`${"n".repeat(38)}-2`);
});

test("whatever the name, it is an app name", () => {
  const points = fc.array(fc.integer({ min: 0, max: 0x10ffff }), { minLength: 1, maxLength: 63 });
  fc.assert(
    fc.property(points, (name) => {
      expect(AppName.safeParse(key(String.fromCodePoint(...name))).success).toBe(true);
    }),
  );
});
