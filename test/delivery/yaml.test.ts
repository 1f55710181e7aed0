import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { formatYaml } from "../../components/delivery/yaml.ts";

describe("YAML text", () => {
  it("quotes what YAML 1.1 or 1.2 would take for something else", () => {
    const words = [
      "no",
      "y",
      "on",
      "null",
      "~",
      "1e3",
      "0x1f",
      "0o17",
      "017",
      "1:30",
      "2026-01-01",
    ];
    expect(formatYaml([{ words }])).toBe(
      `words:\n${words.map((word) => `  - "${word}"\n`).join("")}`,
    );
  });

  it("leaves names, paths, versions and addresses plain", () => {
    const texts = ["db-postgres", "k8s/infra/netbox", "8.3.61", "https://git.example.org/a.git"];
    expect(formatYaml([{ texts }])).toBe(
      `texts:\n${texts.map((text) => `  - ${text}\n`).join("")}`,
    );
  });

  it("folds no line and makes no anchor", () => {
    const shared = { long: "word ".repeat(60).trim() };
    expect(formatYaml([{ a: shared, b: shared }]).split("\n")).toHaveLength(5);
  });

  it("separates documents, none of them empty", () => {
    const text = formatYaml([{ a: 1 }, { b: 2 }]);
    expect(text).toBe("a: 1\n---\nb: 2\n");
    expect(parseAllDocuments(text).map((document) => document.toJS() as unknown)).toEqual([
      { a: 1 },
      { b: 2 },
    ]);
  });

  it("is read back as it was by readers of both versions", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        // JSON has no -0, and neither has a stack's configuration.
        const wanted: unknown = JSON.parse(JSON.stringify({ value }));
        const text = formatYaml([wanted as object]);
        expect(parse(text, { version: "1.2" })).toEqual(wanted);
        expect(parse(text, { version: "1.1" })).toEqual(wanted);
      }),
    );
  });
});
