import { expect, test } from "vitest";
import { parse } from "yaml";
import { toYamlList } from "../../../components/config/yaml/list.ts";

test("a list of names that is pasted has the same names, in YAML 1.1 too", () => {
  const names = ["wiki", "a, b", "My: db", "123", "1e3", "no", "ON", "null", "it's", 'say "hi"'];
  for (const version of ["1.1", "1.2"] as const) {
    expect(parse(toYamlList(names), { version })).toEqual(names);
  }
  expect(toYamlList(["wiki", "wiki_old"])).toBe("[wiki, wiki_old]");
});
