import fc from "fast-check";
import { expect, test } from "vitest";
import { renewLogin } from "../../../components/onepassword/write/derived-fields.ts";

const old = { username: "wiki_a", password: "pa ss/@:%+ü-word" };
const renewed = { username: "wiki_b", password: "NewOne1234567890" };
const encoded = encodeURIComponent(old.password);

test.each([
  [
    "a URL",
    `postgres://wiki_a:${encoded}@db:5432/wiki`,
    "postgres://wiki_b:NewOne1234567890@db:5432/wiki",
  ],
  [
    "a JDBC URL",
    `jdbc:postgresql://db/wiki?user=wiki_a&password=${encoded}&ssl=true`,
    "jdbc:postgresql://db/wiki?user=wiki_b&password=NewOne1234567890&ssl=true",
  ],
  ["a URL with another login", "amqp://mail:other@mq/", "amqp://mail:other@mq/"],
  ["the host", "db.example.org", "db.example.org"],
  ["the username in another field", "wiki_a", "wiki_a"],
])("%s gets the new login where it held the old one", (_, before, after) => {
  expect(renewLogin(before, old, renewed)).toBe(after);
});

test("a line of .pgpass gets the new login", () => {
  const plain = { username: "wiki_a", password: "plain-password-1" };
  expect(renewLogin("db:5432:wiki:wiki_a:plain-password-1", plain, renewed)).toBe(
    "db:5432:wiki:wiki_b:NewOne1234567890",
  );
});

test("a short password that stands in a name by chance changes nothing", () => {
  const short = { username: "wiki", password: "wiki" };
  expect(renewLogin("wiki", short, renewed)).toBe("wiki");
});

test.each([["kept here: pa ss/@:%+ü-word"], [`x=${encoded}`]])(
  "the password in any other form is refused: %s",
  (text) => {
    expect(renewLogin(text, old, renewed)).toBeUndefined();
  },
);

test("whatever the password, a URL that held it holds the new one and nothing of the old", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", minLength: 12, maxLength: 40 }), (password) => {
      const login = { username: "wiki", password };
      const url = `postgres://wiki:${encodeURIComponent(password)}@db/wiki`;
      expect(renewLogin(url, login, { ...renewed, username: "wiki" })).toBe(
        "postgres://wiki:NewOne1234567890@db/wiki",
      );
    }),
  );
});
