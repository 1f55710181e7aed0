import { symlink } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, expect, it } from "vitest";
import { ManifestFileHandler } from "../../../provider/manifest-file/handler.ts";
import { HEADER, INPUTS, toUrn, useScratch } from "../scratch.ts";

/** A resource that leaves the program while another one has its file. */

const scratch = useScratch();
const text = `${HEADER}kind: A\n`;
const stored = { id: INPUTS.path, urn: toUrn("a"), inputs: INPUTS, state: INPUTS };
let handler: ManifestFileHandler;

beforeEach(async () => {
  nextRun();
  await create();
});

/** A later run of the provider, which has written nothing yet. */
const nextRun = (): void => {
  handler = new ManifestFileHandler(scratch.project(), () => undefined);
};
const create = (inputs = {}) =>
  handler.create({ urn: stored.urn, inputs: { ...INPUTS, ...inputs }, preview: false });
const check = (name: string) =>
  handler.check({ urn: toUrn(name), oldInputs: INPUTS, newInputs: INPUTS });

it("keeps what the same run wrote, so that renaming a resource keeps its file", async () => {
  await handler.delete(stored);
  expect(await scratch.read(INPUTS.path)).toBe(text);
});

it("keeps a file that it wrote through a link to the same checkout", async () => {
  nextRun();
  await symlink(join(scratch.project(), "gitops"), join(scratch.project(), "link"));
  await create({ directory: "link" });
  await handler.delete(stored);
  expect(await scratch.read(INPUTS.path)).toBe(text);
});

it("keeps what an earlier run wrote under the new name, and failed before it deleted the old one", async () => {
  nextRun();
  await check("renamed");
  await handler.delete(stored);
  expect(await scratch.read(INPUTS.path)).toBe(text);
});

it("deletes the file of a resource that the program itself has, as in a destroy that runs it", async () => {
  nextRun();
  await check("a");
  await handler.delete(stored);
  expect(await scratch.read(INPUTS.path)).toBeUndefined();
});
