import { expect, test } from "vitest";
import { toItemReadError } from "../../components/onepassword/item.ts";
import { countFaults } from "../faults/count.ts";

const prefix =
  "invocation of onepassword:index/getItem:getItem returned an error: Client Error: Unable to read item, got error: ";
const vault = "hfnjvi6aymbsnfc2xeeoheizda";
const item = "2fcbqwe9ndg175zg2dzwftvkpa";
const get = `Get "http://127.0.0.1:1/v1/vaults?filter=title+eq+%22Coachlight%22"`;

countFaults("answers of 1Password");

test.each([
  ["missing vault", 'Found 0 vaults with title "Nowhere"'],
  ["several vaults", 'Found 2 vaults with title "Twin"'],
  ["missing vault", `status 404: vault ${vault} not found`],
  ["unauthorized", `status 403: vault ${vault} is not in scope`],
  ["missing item", `Found 0 item(s) in vault "${vault}" with title "nothing"`],
  ["several items", `Found 2 item(s) in vault "${vault}" with title "twin"`],
  ["missing item", `status 404: item ${item} not found`],
  ["unauthorized", "status 401: Invalid token signature"],
  ["rate limited", "status 429: Too many requests"],
  ["server error", "status 500: internal server error"],
  ["server error", "status 503: Service Unavailable"],
  ["unreachable", `${get}: dial tcp 127.0.0.1:1: connect: connection refused`],
  ["unreachable", `${get}: dial tcp: lookup connect.example.org: no such host`],
  [
    "unreachable",
    `${get}: context deadline exceeded (Client.Timeout exceeded while awaiting headers)`,
  ],
  ["server error", `${get}: EOF`],
  ["server error", `${get}: read tcp 127.0.0.1:5->127.0.0.1:1: read: connection reset by peer`],
  ["server error", "decoding response: unexpected end of JSON input"],
  ["unknown", "a text that nobody has seen before"],
])("the provider's text means %s: %s", (failure, text) => {
  const error = toItemReadError(`${prefix}${text}`);
  expect(error.failure).toBe(failure);
  expect(error.message).toBe(text);
});

test.each([
  [
    "missing item",
    `[ERROR] 2026/11/22 10:00:00 "nothing" isn't an item in the "Coachlight" vault. Specify the item with its UUID, name, or domain.`,
  ],
  [
    "missing vault",
    `[ERROR] 2026/11/22 10:00:00 "Nowhere" isn't a vault in this account. Specify the vault with its ID or name.`,
  ],
  [
    "several items",
    `[ERROR] 2026/11/22 10:00:00 More than one item matches "twin". Try again and specify the item by its ID:\n\t* for the item "twin" in vault Coachlight: ${item}`,
  ],
  [
    "several vaults",
    `[ERROR] 2026/11/22 10:00:00 More than one vault matches "Twin". Try again and specify the vault by its ID:`,
  ],
  [
    "unauthorized",
    "[ERROR] 2026/11/22 10:00:00 You are not currently signed in. Please run `op signin --help` for instructions",
  ],
  [
    "rate limited",
    "[ERROR] 2026/11/22 10:00:00 (429) Too Many Requests: You've reached the maximum number of requests",
  ],
])("op's text means %s: %s", (failure, text) => {
  expect(toItemReadError(text).failure).toBe(failure);
});

test("a title that reads like an error does not decide what went wrong", () => {
  const text = `Found 0 item(s) in vault "${vault}" with title "status 401 timeout"`;
  expect(toItemReadError(`${prefix}${text}`).failure).toBe("missing item");
});

test("line breaks that a plugin put into the text are undone", () => {
  expect(
    toItemReadError("Unable to read item,\n  got error: status 429:\n  Too many requests").message,
  ).toBe("status 429: Too many requests");
});
