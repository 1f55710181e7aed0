import { describe, expect, test, vi } from "vitest";
import { addEntries } from "../../../cli/stack-file.ts";
import { parsePulumiYaml } from "../../../components/config/yaml/pulumi-yaml.ts";
import { specialYaml } from "../../fakes/special-yaml.ts";

describe("a stack file is read as Pulumi reads it", () => {
  test.each(specialYaml)("%s", (text, expected) => {
    expect(parsePulumiYaml("stack prod", "Pulumi.prod.yaml", text)).toEqual({ value: expected });
  });
});

const names = Array.from({ length: 200 }, (_, index) => `app${String(index)}`);
const shared = [
  "x-small: &small { connectionLimit: 5 }",
  "config:",
  "  berth:apps:",
  ...names.map((name) => `    ${name}: { database: { <<: *small }, owner: *small }`),
  "",
].join("\n");

test("two hundred apps may share an anchor", () => {
  const { config } = parsePulumiYaml("stack prod", "Pulumi.prod.yaml", shared) as {
    config: { "berth:apps": Record<string, unknown> };
  };
  const limit = { connectionLimit: 5 };
  expect(config["berth:apps"]["app199"]).toEqual({ database: limit, owner: limit });
  expect(addEntries(shared, { wiki: {} })).toBe(`${shared}    wiki: {}\n`);
});

test.each(["!!binary aGVsbG8=", "!!set { a }", "!vault canary", "!!timestamp 2001-01-01"])(
  "the tag of %s is refused, which Pulumi reads otherwise, and its line is not shown",
  (text) => {
    const warn = vi.spyOn(process, "emitWarning").mockReturnValue();
    expect(() => parsePulumiYaml("stack prod", "Pulumi.prod.yaml", `a: ${text}`)).toThrow(
      /Pulumi\.prod\.yaml has the tag !\S+ in line 1.*\n {2}fix: write the value/,
    );
    expect(warn).not.toHaveBeenCalled();
    warn.mockRestore();
  },
);

test("what is no YAML is named by its line, which is not shown: it may have a password", () => {
  const text = 'a: 1\nb: "https://bot:canary@git.example.org" c\n';
  const read = (): unknown => parsePulumiYaml("stack prod", "Pulumi.prod.yaml", text);
  expect(read).toThrow(
    /^stack prod: Pulumi\.prod\.yaml is not valid YAML: .* at line 2, column \d+\n {2}fix: /,
  );
  expect(read).not.toThrow("canary");
});

test("anchors in anchors without end are refused", () => {
  const lines = Array.from({ length: 9 }, (_, at) => {
    const aliases = Array.from({ length: 9 }, () => `*a${String(at)}`).join(", ");
    return `a${String(at + 1)}: &a${String(at + 1)} [${aliases}]`;
  });
  const bomb = ["a0: &a0 [x]", ...lines].join("\n");
  expect(() => parsePulumiYaml("stack prod", "Pulumi.prod.yaml", bomb)).toThrow(
    "Pulumi.prod.yaml is not valid YAML",
  );
});

test.each(["a: &a { b: *a }", "a: &a [*a]", "config: &c\n  berth:apps: { wiki: *c }"])(
  "an anchor inside itself is refused: %j",
  (text) => {
    expect(() => parsePulumiYaml("stack prod", "Pulumi.prod.yaml", text)).toThrow(
      /^stack prod: Pulumi\.prod\.yaml is not valid YAML: the anchor "[ac]" is used inside itself/,
    );
  },
);
