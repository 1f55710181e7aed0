import { expect, it } from "vitest";
import {
  holdLineBreaks,
  releaseLineBreaks,
  toJsonText,
  toTerminalText,
} from "../components/terminal-text.ts";

it("spells out what a terminal or Pulumi would act on", () => {
  expect(toTerminalText("a\u001b[2Jb\u0007c\rd\te\u007ff\u009bg")).toBe(
    String.raw`a\u001b[2Jb\u0007c\u000dd\u0009e\u007ff\u009bg`,
  );
  expect(toTerminalText("a\u202eb\u2066c\u2028d\ufeffe\u{e0041}f")).toBe(
    String.raw`a\u202eb\u2066c\u2028d\ufeffe\ue0041f`,
  );
  expect(toTerminalText("<{%fg 1%}>red<{%reset%}> 100%s <{<{%x")).toBe(
    String.raw`<\u007b%fg 1%}>red<\u007b%reset%}> 100%s <{<\u007b%x`,
  );
});

it("leaves every other text as it is, with Berth's own line breaks", () => {
  const text = 'app wiki: table "Größe 数 😀" {%x%}\n  fix: GRANT ${"x"} "a""b" \\ C:\\x';
  expect(toTerminalText(text)).toBe(text);
});

it("makes of a name in double quotes an identifier that Postgres reads", () => {
  expect(toTerminalText('GRANT SELECT ON "public"."x\u001b""\\y\u{e0041}" TO "wiki";')).toBe(
    String.raw`GRANT SELECT ON "public".U&"x\001b""\\y\+0e0041" TO "wiki";`,
  );
});

it("distinguishes somebody else's line break from Berth's own", () => {
  const name = holdLineBreaks("x\nResources: 5 unchanged");
  expect(toTerminalText(`app wiki:\n  table ${name}`)).toBe(
    String.raw`app wiki:` + "\n" + String.raw`  table x\nResources: 5 unchanged`,
  );
  expect(toTerminalText(`ON "${name}"`)).toBe(String.raw`ON U&"x\000aResources: 5 unchanged"`);
  expect(toTerminalText(JSON.stringify(name))).toBe(String.raw`"x\nResources: 5 unchanged"`);
  expect(releaseLineBreaks(name)).toBe("x\nResources: 5 unchanged");
});

it("holds the line breaks of rows and lists, and leaves dates and numbers alone", () => {
  const row = { names: ["a\nb", null], at: new Date(0), n: 1, of: { deep: "c\nd" } };
  const escaped = holdLineBreaks([row]);
  expect(JSON.stringify(escaped)).not.toContain(String.raw`\n`);
  expect(releaseLineBreaks(escaped)).toEqual([row]);
});

it("prints JSON that a terminal shows as it is and a machine reads as it was", () => {
  const value = { name: "a\u009b\u202e\u{e0041}<{%b\u001b", escaped: "a\nb" };
  const text = toJsonText(holdLineBreaks(value));
  expect(text).toMatch(/^[\x20-\x7e\n]*$/);
  expect(JSON.parse(text)).toEqual(value);
});
