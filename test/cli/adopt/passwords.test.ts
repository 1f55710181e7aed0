import { expect, test } from "vitest";
import { comparePasswords } from "../../../cli/adopt/passwords.ts";
import { ItemReadError } from "../../../components/onepassword/item.ts";
import { itemWith } from "../../fakes/item.ts";
import { makeSpec } from "../../fakes/stack.ts";

const spec = makeSpec({ wiki: { adopt: true } });
const missing = () => Promise.reject(new ItemReadError("missing item", "found 0 items"));

test.each<[string, ReadonlyMap<string, string | null> | undefined, string]>([
  [
    "is asked for where the role has one",
    new Map([["wiki", "md5c0ffee"]]),
    "'password=‹the password in use›'",
  ],
  [
    "is asked for where only a superuser could see one",
    undefined,
    "'password=‹the password in use›'",
  ],
  ["is generated where the role has none", new Map([["wiki", null]]), "--generate-password"],
])("the password of an item to make %s", async (_, verifiers, expected) => {
  const [found] = await comparePasswords(spec.apps, { spec, readItem: missing, verifiers });
  expect(found?.state).toBe("no item");
  expect(found?.text).toContain(expected);
  expect(found?.text.includes("--generate-password")).toBe(expected === "--generate-password");
});

test("an item without a password gets the one in use as well", async () => {
  const [found] = await comparePasswords(spec.apps, {
    spec,
    readItem: () => Promise.resolve(itemWith({ username: "wiki" })),
    verifiers: undefined,
  });
  expect(found?.text).toContain(
    "op item edit wiki-db-credentials --vault Coachlight 'password=‹the password in use›'",
  );
});
