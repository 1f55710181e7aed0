import { expect, it } from "vitest";
import { ManifestFileHandler } from "../../../provider/manifest-file/handler.ts";
import { Refusals } from "../../../provider/rpc/refusals.ts";
import { HEADER, INPUTS, toUrn, useScratch } from "../scratch.ts";

/** A file that others wrote, in a preview that goes on after what it refuses. */

const scratch = useScratch();
const urn = toUrn("a");

function makeHandler() {
  const said: string[] = [];
  const report = (severity: string, of: string, text: string): void =>
    void said.push(`${severity} ${of} ${text}`);
  const refusals = new Refusals(report);
  refusals.collect();
  const handler = new ManifestFileHandler(scratch.project(), report, refusals);
  return { handler, said, names: () => refusals.list() };
}

const foreign = "exists and was not written by Berth";

it("a new file is refused with its app, and the preview goes on", async () => {
  await scratch.write(INPUTS.path, "kind: Hand\n");
  const { handler, said, names } = makeHandler();
  const request = { urn, inputs: INPUTS, preview: true };
  const checked = await handler.check({ urn, oldInputs: undefined, newInputs: INPUTS });
  expect(checked.failures).toEqual([]);
  await handler.create(request);
  expect(said).toEqual([
    expect.stringMatching(`^error ${urn.replaceAll("$", "\\$")} .*${foreign}`),
  ]);
  expect(names()).toEqual(["app netbox"]);
  await expect(handler.create({ ...request, preview: false })).rejects.toThrow(foreign);
  expect(await scratch.read(INPUTS.path)).toBe("kind: Hand\n");
});

it("one that another stack took over since is refused, too, and not written", async () => {
  await scratch.write(INPUTS.path, `${HEADER.replace(/stack \w+/, "stack other")}kind: Other\n`);
  const { handler, names } = makeHandler();
  const stored = { id: INPUTS.path, urn, oldInputs: INPUTS, oldState: INPUTS, newInputs: INPUTS };
  const wasRefused = (await handler.check({ urn, oldInputs: INPUTS, newInputs: INPUTS })).failures;
  expect(wasRefused).toEqual([]);
  expect(await handler.diff(stored)).toEqual({ content: "update" });
  await handler.update({ ...stored, preview: true });
  expect(names()).toEqual(["app netbox"]);
  await expect(handler.update({ ...stored, preview: false })).rejects.toThrow("another stack");
});

it("a wrong input ends even such a preview", async () => {
  const { handler } = makeHandler();
  const newInputs = { ...INPUTS, path: "../x" };
  const { failures } = await handler.check({ urn, oldInputs: undefined, newInputs });
  expect(failures).toHaveLength(1);
});
