import { setImmediate as nextTick } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import {
  Item,
  type ItemField,
  ItemReadError,
  type ItemReadFailure,
  type ReadItem,
} from "../../components/onepassword/item.ts";
import type { ItemRequest } from "../../components/onepassword/item-request.ts";
import { readItems } from "../../components/onepassword/read-items.ts";
import { itemWith } from "../fakes/item.ts";

const secret = "canary-of-this-test";

function request(item: string, more: Partial<ItemRequest> = {}): ItemRequest {
  const fields = ["username", "password"];
  return { ref: { vault: "Coachlight", item }, wantedBy: `app ${item}`, fields, ...more };
}

function makeItem(fields: Readonly<Record<string, string>> = {}): Item {
  const login = { username: "netbox", password: secret };
  return itemWith({ ...login, ...fields });
}

/** A reader that plays failures in turn for some items and finds the rest; `reads` is what it was asked. */
function makeReader(script: Readonly<Record<string, readonly ItemReadFailure[]>> = {}) {
  const reads: string[] = [];
  const read: ReadItem = (ref) => {
    const failure = script[ref.item]?.[reads.filter((item) => item === ref.item).length];
    reads.push(ref.item);
    if (failure === undefined) return Promise.resolve(makeItem());
    return Promise.reject(new ItemReadError(failure, `status of ${ref.item}`));
  };
  return { read, reads };
}

async function findProblems(requests: readonly ItemRequest[], read: ReadItem): Promise<string> {
  try {
    await readItems(requests, read, { firstDelay: 0 });
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error("nothing was refused");
}

test("each item is read once, however many want it", async () => {
  const { read, reads } = makeReader();
  const items = await readItems(
    [request("a"), request("b"), request("a", { wantedBy: "admin" })],
    read,
  );
  expect(reads).toEqual(["a", "b"]);
  expect(items({ vault: "Coachlight", item: "a" }).revealField("password")).toBe(secret);
  expect(() => items({ vault: "Coachlight", item: "c" })).toThrow("was not requested");
});

test.each([
  [8, {}],
  [3, { concurrency: 3 }],
])("%i items are read at a time with %j", async (expected, options) => {
  let open = 0;
  let most = 0;
  const read: ReadItem = async () => {
    open += 1;
    most = Math.max(most, open);
    await nextTick();
    open -= 1;
    return makeItem();
  };
  const requests = Array.from({ length: 20 }, (_, n) => request(String(n)));
  await readItems(requests, read, options);
  expect(most).toBe(expected);
});

describe("a failure that passes", () => {
  test.each<[ItemReadFailure]>([["rate limited"], ["server error"]])(
    "is waited out: %s",
    async (failure) => {
      const { read, reads } = makeReader({ a: [failure, failure] });
      await readItems([request("a")], read, { firstDelay: 0 });
      expect(reads).toEqual(["a", "a", "a"]);
    },
  );

  test("fails when it does not pass, after the retries there are", async () => {
    const { read, reads } = makeReader({ a: Array<ItemReadFailure>(9).fill("rate limited") });
    await expect(readItems([request("a")], read, { firstDelay: 0, retries: 2 })).rejects.toThrow(
      'app a: vault "Coachlight": 1Password answered 429 (too many requests), also after several retries',
    );
    expect(reads).toHaveLength(3);
  });
});

test.each<[ItemReadFailure]>([
  ["missing item"],
  ["missing vault"],
  ["several items"],
  ["unreachable"],
  ["unknown"],
])("fails at once where trying again would not help: %s", async (failure) => {
  const { read, reads } = makeReader({ a: Array<ItemReadFailure>(9).fill(failure) });
  await findProblems([request("a")], read);
  expect(reads).toEqual(["a"]);
});

test("fails with a refused token at once and reads nothing more with it", async () => {
  const { read, reads } = makeReader({ b: ["unauthorized"] });
  await expect(
    readItems(
      ["a", "b", "c", "d"].map((item) => request(item)),
      read,
      { concurrency: 1 },
    ),
  ).rejects.toThrow(
    /1Password: 1 problem\n {2}- app b: .*refused the token \(status of b\)\n {4}fix: export a valid/,
  );
  expect(reads).toEqual(["a", "b"]);
});

test("a refused token is reported once, however many reads were under way", async () => {
  const names = ["a", "b", "c"];
  const { read } = makeReader({ a: ["unauthorized"], b: ["unauthorized"], c: ["unauthorized"] });
  const reading = readItems(
    names.map((item) => request(item)),
    read,
  );
  await expect(reading).rejects.toThrow(
    /^1Password: 1 problem\n {2}- app a, app b, app c: .*refused the token/,
  );
});

test("a mistake of ours is thrown as it is", async () => {
  const fault = new RangeError("a fault");
  await expect(readItems([request("a")], () => Promise.reject(fault))).rejects.toBe(fault);
});

describe("what is missing", () => {
  test("fails with all missing items and fields at once, and the op command for each", async () => {
    const read: ReadItem = ({ item }) =>
      item === "netbox-db"
        ? Promise.reject(new ItemReadError("missing item", "Found 0 item(s)"))
        : Promise.resolve(itemWith({ username: "wiki", password: "" }));
    const makeCommand = "npm run add -- netbox --stack prod";
    const netbox = { wantedBy: "app netbox", username: "netbox", makeCommand };
    const redis = request("red is", { wantedBy: "app netbox", fields: ["api key", "username"] });
    expect(
      await findProblems(
        [request("netbox-db", netbox), request("wiki", { username: "wiki" }), redis],
        read,
      ),
    ).toBe(
      [
        "1Password: 3 problems",
        '  - app netbox: vault "Coachlight", item "netbox-db": there is no such item',
        "    fix: npm run add -- netbox --stack prod, or op item create --category login --vault Coachlight --title netbox-db --generate-password=letters,digits,32 username=netbox",
        '  - app netbox: vault "Coachlight", item "red is": no field "api key" with a value; it has username',
        "    fix: op item edit 'red is' --vault Coachlight 'app.api key[password]=‹value›'",
        '  - app wiki: vault "Coachlight", item "wiki": no field "password" with a value; it has username',
        "    fix: op item edit wiki --vault Coachlight --generate-password=letters,digits,32",
      ].join("\n"),
    );
  });

  test("one command makes an item with everything that all who want it need", async () => {
    const { read } = makeReader({ shared: ["missing item"] });
    const requests = [
      request("shared", { wantedBy: "app a", fields: ["token"] }),
      request("shared", { wantedBy: "app a", fields: ["token", "password"] }),
      request("shared", { wantedBy: "app b", username: "b_role" }),
    ];
    expect(await findProblems(requests, read)).toBe(
      [
        "1Password: 1 problem",
        '  - app a, app b: vault "Coachlight", item "shared": there is no such item',
        "    fix: op item create --category login --vault Coachlight --title shared --generate-password=letters,digits,32 app.token[password]=‹value› username=b_role".replace(
          "app.token[password]=‹value›",
          "'app.token[password]=‹value›'",
        ),
      ].join("\n"),
    );
  });

  test.each<[ItemReadFailure]>([["missing vault"], ["unreachable"], ["rate limited"]])(
    "is one problem where the cause is one: %s",
    async (failure) => {
      const apps = ["a", "b", "c"];
      const failures = [failure, failure, failure, failure, failure];
      const { read } = makeReader(Object.fromEntries(apps.map((app) => [app, failures])));
      const text = await findProblems(
        apps.map((app) => request(app)),
        read,
      );
      expect(text).toMatch(
        /^1Password: 1 problem\n {2}- app a, app b, app c: vault "Coachlight": /,
      );
    },
  );

  test.each<[ItemReadFailure, RegExp]>([
    [
      "missing vault",
      /there is no such vault, or the token may not see it \(status of a\)\n.*op vault list/,
    ],
    ["several vaults", /several vaults have this title\n.*op vault list/],
    [
      "several items",
      /several items have this title, and the operator would use the oldest\n.*name the item by its id/,
    ],
    ["unreachable", /cannot reach 1Password \(status of a\)\n.*heartbeat/],
    ["unknown", /item "a": status of a$/],
  ])("fails with what to do about: %s", async (failure, text) => {
    const { read } = makeReader({ a: [failure] });
    expect(await findProblems([request("a")], read)).toMatch(text);
  });
});

test("fails when the item is another role's, and shows no password", async () => {
  const text = await findProblems([request("a", { username: "wiki" })], () =>
    Promise.resolve(makeItem()),
  );
  expect(text).toContain('its username is "netbox", but the role is "wiki"');
  expect(text).toContain(
    "fix: op item edit a --vault Coachlight username=wiki, or give the role that name in the stack file",
  );
  expect(text).not.toContain(secret);
});

describe("of an item that the 1Password operator copies", () => {
  const login = { label: "username", value: "wiki", section: "" };
  const word = { label: "password", value: secret, section: "" };
  const read = (fields: readonly ItemField[], isCopied: boolean) =>
    readItems([request("a", { isCopied })], () =>
      Promise.resolve(new Item("v", "i", [login, ...fields])),
    );

  test.each(["password ", "password\u00a0", "(password)"])(
    "a field %j comes to the key of the password, and the last one would count",
    async (label) => {
      const fields = [word, { label, value: secret, section: "old" }];
      const error = await read(fields, true).catch(String);
      expect(error).toContain(
        `the 1Password operator makes one key "password" of the fields "password" and ${JSON.stringify(label)}, and the last one counts`,
      );
      expect(error).not.toContain(secret);
      await read(fields, false);
    },
  );

  test("a password with another label comes to another key", async () => {
    const fields = [{ ...word, shownAs: "Passwort" }];
    expect(await read(fields, true).catch(String)).toContain(
      'its password has another label, so the 1Password operator makes no key "password" of it\n    fix: label the field "password" in 1Password',
    );
    await read(fields, false);
  });

  test("two fields that nobody wants may come to one key", async () => {
    const others = ["api key", "api-key"].map((label) => ({ label, value: secret, section: "" }));
    await read([word, ...others], true);
  });
});

test("names that a shell would read otherwise are quoted in the command", async () => {
  const { read } = makeReader({ "it's $(x)": ["missing item"] });
  expect(await findProblems([request("it's $(x)")], read)).toContain(`--title 'it'\\''s $(x)' `);
});
