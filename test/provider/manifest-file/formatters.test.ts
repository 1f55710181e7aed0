import { beforeEach, describe, expect, it, test } from "vitest";
import { ManifestFileHandler } from "../../../provider/manifest-file/handler.ts";
import { HEADER, INPUTS, toUrn, useScratch } from "../scratch.ts";

/** What Git and formatters do to a file is no drift; what changes an object is. */

const scratch = useScratch();
const urn = toUrn("a");
const content = `kind: A
metadata:
  name: "no"
  annotations:
    wave: "-10"
spec:
  number: 112233445566778899
  script: |
    select 1;
    select 2;
---
kind: B
list:
  - 1
`;
const inputs = { ...INPUTS, content };
const written = `${HEADER}${content}`;
const reports: string[] = [];
let handler: ManifestFileHandler;

beforeEach(() => {
  reports.splice(0);
  handler = new ManifestFileHandler(scratch.project(), (_, of, text) => {
    reports.push(`${of}: ${text}`);
  });
});

const same: readonly (readonly [string, string])[] = [
  ["as it was written", written],
  ["with the line endings of Windows", written.replaceAll("\n", "\r\n")],
  ["with --- above the header", `---\n${written}`],
  ["with --- below the header", `${HEADER}---\n${content}`],
  ["with a byte order mark", `\uFEFF${written}`],
  ["with %YAML and ---", `%YAML 1.2\n---\n${written}`],
  ["with a comment above the header", `# yamllint disable\n\n${written}`],
  ["with comments inside", written.replace("metadata:", "# who\nmetadata: # is it")],
  ["with ... at the end", `${written}...\n`],
  ["with --- and nothing at the end", `${written}---\n`],
  ["with lists that are not indented", written.replace("  - 1", "- 1")],
  ["with other quotes", written.replace('"-10"', "'-10'")],
];

const other: readonly (readonly [string, string])[] = [
  ["a value", written.replace("kind: B", "kind: C")],
  ["a text that is now a number", written.replace('"-10"', "-10")],
  ["a text that YAML 1.1 takes for false", written.replace('"no"', "no")],
  ["a digit that no double holds", written.replace("778899", "778898")],
  ["a document that is gone", written.slice(0, written.indexOf("---"))],
  ["the order of documents", `${HEADER}${content.split("---\n").toReversed().join("---\n")}`],
  ["text that is not YAML", `${written}}: {\n`],
  ["a key that is there twice", `${written}kind: B\n`],
  ["the header, which is gone", content],
  ["the header, which is below a key", `${content}${HEADER}`],
  ["aliases without end", `${written}${endless()}`],
];

function endless(): string {
  const rows = Array.from({ length: 9 }, (_, index) => {
    const before = index === 0 ? "x" : `*a${String(index - 1)}`;
    return `a${String(index)}: &a${String(index)} [${Array(9).fill(before).join(", ")}]`;
  });
  return `---\n${rows.join("\n")}\n`;
}

describe("a formatted file", () => {
  it.each(same)("is no drift %s, and is not written again", async (_, text) => {
    await scratch.write(INPUTS.path, text);
    const request = { urn, id: INPUTS.path, inputs, oldInputs: inputs, newInputs: inputs };
    expect(await handler.diff({ ...request, oldState: inputs })).toEqual({});
    expect(await handler.read({ ...request, state: inputs })).toMatchObject({ state: inputs });
    await handler.update({ ...request, oldState: inputs, preview: false });
    expect(await scratch.read(INPUTS.path)).toBe(text);
  });

  it.each(same)("is this stack's own %s where the state is lost", async (_, text) => {
    await scratch.write(INPUTS.path, text);
    const { failures } = await handler.check({ urn, oldInputs: undefined, newInputs: inputs });
    expect(failures).toEqual([]);
    await handler.create({ urn, inputs, preview: false });
    expect(await scratch.read(INPUTS.path)).toBe(text);
  });

  it.each(same)(
    "is deleted with its app %s, and the operator reads what to commit",
    async (_, text) => {
      await scratch.write(INPUTS.path, text);
      await handler.delete({ urn, id: INPUTS.path, inputs, state: inputs });
      expect(await scratch.read(INPUTS.path)).toBeUndefined();
      expect(reports).toEqual([`${urn}: gitops/${INPUTS.path} is deleted; commit and push that`]);
    },
  );
});

describe("an edit", () => {
  it.each(other)("of %s is drift and is undone", async (_, text) => {
    await scratch.write(INPUTS.path, text);
    const request = { urn, id: INPUTS.path, oldInputs: inputs, newInputs: inputs };
    expect(await handler.diff({ ...request, oldState: inputs })).toEqual({ content: "update" });
    await handler.update({ ...request, oldState: inputs, preview: false });
    expect(await scratch.read(INPUTS.path)).toBe(written);
  });
});

test("a formatted file of another stack is refused", async () => {
  const theirs = `---\n${written.replace("stack prod", "stack dev").replaceAll("\n", "\r\n")}`;
  await scratch.write(INPUTS.path, theirs);
  const { failures } = await handler.check({ urn, oldInputs: undefined, newInputs: inputs });
  expect(failures).toEqual([
    { property: "path", reason: expect.stringContaining("belongs to another stack") as string },
  ]);
});
