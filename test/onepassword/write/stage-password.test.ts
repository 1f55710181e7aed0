import { expect, test } from "vitest";
import {
  nextPassword,
  stagePassword,
  takeNextPassword,
} from "../../../components/onepassword/write/stage-password.ts";

const both = { password: "first-word-0123456789", next: "second-word-0123456789" };
const makeItem = (...more: readonly object[]) => ({
  sections: [] as { id?: string; label?: string }[],
  fields: [
    { label: "username", purpose: "USERNAME", value: "postgres" },
    { label: "password", purpose: "PASSWORD", value: both.password },
    ...more,
  ] as { label?: string; value?: string }[],
});
type Content = ReturnType<typeof makeItem>;
const valuesOf = ({ fields }: Content): Readonly<Record<string, string | undefined>> =>
  Object.fromEntries(fields.map(({ label = "", value }) => [label, value] as const));

test("the next password stands beside the one in use, then takes its place, in a URL too", () => {
  const item = makeItem({
    label: "url",
    value: `postgres://postgres:${both.password}@pg/postgres`,
  });
  stagePassword(item, both);
  stagePassword(item, both);
  expect(valuesOf(item)).toEqual({
    username: "postgres",
    password: both.password,
    url: `postgres://postgres:${both.password}@pg/postgres`,
    [nextPassword]: both.next,
  });
  expect(item.fields).toHaveLength(4);
  takeNextPassword(item, both);
  expect(valuesOf(item)).toEqual({
    username: "postgres",
    password: both.next,
    url: `postgres://postgres:${both.next}@pg/postgres`,
  });
});

test("a field that the second edit could not change is refused by the first, which changes nothing", () => {
  const item = makeItem({ label: "note", value: `it is ${both.password}!` });
  const before = structuredClone(item);
  expect(() => {
    stagePassword(item, both);
  }).toThrow('its field "note" holds the password as well');
  expect(item).toEqual(before);
});

test.each([stagePassword, takeNextPassword])("somebody else's new password is kept", (edit) => {
  const item = makeItem();
  const other = { ...both, password: "another-word-0123456789" };
  expect(() => {
    edit(item, other);
  }).toThrow("somebody else has changed its password in the meantime");
  expect(valuesOf(item)["password"]).toBe(both.password);
});

test("a field of that name which somebody else made stays", () => {
  const item = makeItem({ label: nextPassword, value: "mine", section: { id: "other" } });
  stagePassword(item, both);
  takeNextPassword(item, both);
  expect(valuesOf(item)[nextPassword]).toBe("mine");
});
