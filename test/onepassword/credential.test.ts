import { Console } from "node:console";
import { PassThrough } from "node:stream";
import { format, inspect } from "node:util";
import { expect, test } from "vitest";
import { Credential } from "../../components/onepassword/credential.ts";
import { itemWith } from "../fakes/item.ts";

const secret = "canary-of-this-test";
const credential = new Credential("netbox", secret);
const fields = { username: "netbox", password: secret, empty: "" };
const item = itemWith(fields);

const ways: readonly (readonly [string, (value: unknown) => string])[] = [
  ["a template string", (value) => `it is ${value as string}`],
  ["a conversion to text", (value) => String(value)],
  ["JSON", (value) => JSON.stringify({ deep: [value] })],
  ["inspect", (value) => inspect(value)],
  ["inspect of everything", (value) => inspect({ value }, { showHidden: true, depth: null })],
  ["format", (value) => format("%s %o %O %j", value, value, value, value)],
  ["an error's cause", (value) => inspect(new Error("failed", { cause: value }))],
  ["its entries", (value) => JSON.stringify(Object.entries(value as object))],
  ["a copy", (value) => JSON.stringify({ ...(value as object) })],
  [
    "the console",
    (value) => {
      const stream = new PassThrough();
      new Console(stream).log(value, [value]);
      return String(stream.read());
    },
  ],
];

test.each(ways)("neither a credential nor an item shows its secret in %s", (_, show) => {
  expect(show(credential)).not.toContain(secret);
  expect(show(item)).not.toContain(secret);
});

test("they still show whose they are", () => {
  expect(inspect(credential)).toBe("Credential(netbox:‹password›)");
  expect(JSON.stringify(credential)).toBe('{"username":"netbox","password":"‹password›"}');
  expect(inspect(item)).toBe("Item(item-id: username, password)");
});

test("answer only by name, and an empty field counts as missing", () => {
  expect(credential.revealPassword()).toBe(secret);
  expect(["password", "empty", "missing"].map((label) => item.revealField(label))).toEqual([
    secret,
    undefined,
    undefined,
  ]);
});
