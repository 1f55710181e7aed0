import { chmod, readdir, rm, stat, symlink } from "node:fs/promises";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { execa } from "execa";
import { beforeEach, describe, expect, it } from "vitest";
import { ManifestFileHandler } from "../../../provider/manifest-file/handler.ts";
import { type PropertyMap, UNKNOWN } from "../../../provider/rpc/property-values.ts";
import { HEADER, INPUTS, toUrn, useScratch } from "../scratch.ts";

const scratch = useScratch();
const urn = toUrn("a");
let handler: ManifestFileHandler;
let reports: string[];

beforeEach(() => {
  reports = [];
  handler = new ManifestFileHandler(scratch.project(), (_severity, _urn, text) => {
    reports.push(text);
  });
});

const stored = (inputs: PropertyMap = INPUTS, state: PropertyMap = inputs) => ({
  id: INPUTS.path,
  urn,
  inputs,
  state,
});
const diff = (newInputs: PropertyMap, oldState: PropertyMap = INPUTS) =>
  handler.diff({ id: INPUTS.path, urn, oldInputs: INPUTS, oldState, newInputs });
const create = (inputs: PropertyMap = INPUTS, preview = false) =>
  handler.create({ urn, inputs, preview });
const update = (newInputs: PropertyMap) =>
  handler.update({
    id: INPUTS.path,
    urn,
    oldInputs: INPUTS,
    oldState: INPUTS,
    newInputs,
    preview: false,
  });
/** A later run of the provider, which has written nothing yet. */
const nextRun = (): void => {
  handler = new ManifestFileHandler(scratch.project(), () => undefined);
};

describe("creating", () => {
  it("writes header and content, readable by all, and leaves nothing else", async () => {
    expect(await create()).toEqual({ id: INPUTS.path, state: INPUTS });
    expect(await scratch.read(INPUTS.path)).toBe(`${HEADER}kind: A\n`);
    const folder = join(scratch.project(), "gitops/k8s/infra/netbox");
    expect(await readdir(folder)).toEqual(["a.yaml"]);
    expect((await stat(join(folder, "a.yaml"))).mode & 0o777).toBe(0o644);
  });

  it("makes the checkout where there is none", async () => {
    await rm(join(scratch.project(), "gitops"), { recursive: true });
    await create();
    expect(await scratch.read(INPUTS.path)).toBe(`${HEADER}kind: A\n`);
  });

  it("touches nothing in a preview", async () => {
    expect(await create({ ...INPUTS, content: UNKNOWN }, true)).toMatchObject({
      state: { content: UNKNOWN },
    });
    expect(await scratch.read(INPUTS.path)).toBeUndefined();
  });

  it("goes on over what a killed run left, half a temporary file included", async () => {
    await scratch.write(INPUTS.path, `${HEADER}kind: Old\n`);
    await scratch.write("k8s/infra/netbox/.a.yaml.berth-tmp", "ki");
    await create();
    expect(await scratch.read(INPUTS.path)).toBe(`${HEADER}kind: A\n`);
    expect(await readdir(join(scratch.project(), "gitops/k8s/infra/netbox"))).toEqual(["a.yaml"]);
  });

  it("leaves the old file, and nothing else, where there is no room for the new one", async () => {
    await scratch.write(INPUTS.path, `${HEADER}kind: Old\n`);
    const inputs = { ...INPUTS, content: `kind: ${"A".repeat(40_000)}\n` };
    const request = JSON.stringify({ urn, inputs, preview: false });
    const { href } = pathToFileURL(resolve("provider/manifest-file/handler.ts"));
    const program = `const { ManifestFileHandler } = await import("${href}");
      await new ManifestFileHandler(process.cwd(), () => undefined).create(${request});`;
    // A limit to a file's size fails halfway through, as a full disk does.
    const limited = 'ulimit -f 16 && exec "$0" --input-type=module --eval "$1"';
    const { stderr } = await execa("sh", ["-c", limited, process.execPath, program], {
      cwd: scratch.project(),
      reject: false,
    });
    expect(stderr).toMatch(/a\.yaml could not be written and is unchanged: EFBIG/);
    expect(await scratch.read(INPUTS.path)).toBe(`${HEADER}kind: Old\n`);
    expect(await readdir(join(scratch.project(), "gitops/k8s/infra/netbox"))).toEqual(["a.yaml"]);
  });

  it("fails on a foreign file that came after the check, and keeps it", async () => {
    await scratch.write(INPUTS.path, "kind: Mine\n");
    await expect(create()).rejects.toThrow("exists and was not written by Berth");
    expect(await scratch.read(INPUTS.path)).toBe("kind: Mine\n");
    await create({ ...INPUTS, adopt: true });
    expect(await scratch.read(INPUTS.path)).toBe(`${HEADER}kind: A\n`);
  });

  it("writes through no link that appeared after the check", async () => {
    await symlink(scratch.project(), join(scratch.project(), "gitops/k8s"));
    await expect(create()).rejects.toThrow("leads out of the directory");
    expect(await readdir(scratch.project())).toEqual(["gitops"]);
  });
});

describe("comparing", () => {
  it("finds nothing where disk, state and program agree", async () => {
    await create();
    expect(await diff(INPUTS)).toEqual({});
  });

  it("sees a hand edit and a deleted file without a refresh", async () => {
    await scratch.write(INPUTS.path, `${HEADER}kind: Hand\n`);
    expect(await diff(INPUTS)).toEqual({ content: "update" });
    await rm(join(scratch.project(), "gitops", INPUTS.path));
    expect(await diff(INPUTS)).toEqual({ content: "update" });
  });

  it("goes by state alone where there is no checkout", async () => {
    await rm(join(scratch.project(), "gitops"), { recursive: true });
    expect(await diff(INPUTS)).toEqual({});
    expect(await diff({ ...INPUTS, content: "kind: B\n" })).toEqual({ content: "update" });
  });

  it("replaces for another place and updates for the rest", async () => {
    await create();
    expect(await diff({ ...INPUTS, path: "b.yaml" })).toEqual({ path: "replace" });
    expect(await diff({ ...INPUTS, directory: "other" })).toEqual({ directory: "replace" });
    expect(reports).toEqual([
      "the manifests move from gitops to other: up writes each file there and then deletes it here",
    ]);
    expect(await diff({ ...INPUTS, directory: "other", path: "b.yaml" })).toMatchObject({
      path: "replace",
    });
    expect(reports).toHaveLength(1);
    expect(await diff({ ...INPUTS, directory: "./gitops" })).toEqual({ directory: "update" });
    await symlink(join(scratch.project(), "gitops"), join(scratch.project(), "link"));
    expect(await diff({ ...INPUTS, directory: "link" })).toEqual({ directory: "update" });
    expect(await diff({ ...INPUTS, owner: "stack prod, app b" })).toEqual({ owner: "update" });
  });

  it("writes nothing anew in a project that was moved, whose directory led elsewhere", async () => {
    await create();
    const old = { ...INPUTS, directory: "../../elsewhere/gitops" };
    const request = { id: INPUTS.path, urn, oldInputs: old, oldState: old, newInputs: INPUTS };
    expect(await handler.diff(request)).toEqual({ directory: "update" });
    expect(reports).toEqual([]);
    await scratch.write(INPUTS.path, "kind: OfOthers\n");
    await expect(handler.update({ ...request, preview: false })).rejects.toThrow(
      "exists and was not written by Berth",
    );
    expect(await scratch.read(INPUTS.path)).toBe("kind: OfOthers\n");
    // In CI there is neither checkout.
    await rm(join(scratch.project(), "gitops"), { recursive: true });
    expect(await handler.diff(request)).toEqual({ directory: "replace" });
  });

  it("takes switching adopt for no change", async () => {
    await create();
    expect(await diff({ ...INPUTS, adopt: true })).toEqual({});
  });

  it("says update for content that only up will know", async () => {
    expect(await diff({ ...INPUTS, content: UNKNOWN })).toEqual({ content: "update" });
  });
});

describe("reading", () => {
  it("returns what is on disk and keeps the inputs", async () => {
    await scratch.write(INPUTS.path, `${HEADER}kind: Hand\n`);
    expect(await handler.read(stored())).toEqual(
      stored(INPUTS, { ...INPUTS, content: "kind: Hand\n" }),
    );
  });

  it("shows a lost header as a lost owner", async () => {
    await scratch.write(INPUTS.path, "kind: Hand\n");
    expect(await handler.read(stored())).toMatchObject({ state: { owner: "" } });
  });

  it("reports a missing file as gone, and a missing checkout as unchanged", async () => {
    expect(await handler.read(stored())).toBeUndefined();
    await rm(join(scratch.project(), "gitops"), { recursive: true });
    expect(await handler.read(stored())).toEqual(stored());
  });

  it("fails on an import and says what to do", async () => {
    await expect(handler.read(stored({}))).rejects.toThrow(/cannot be imported[^]*adopt: true/);
  });
});

describe("updating", () => {
  it("puts a hand edit right, a removed header included", async () => {
    await scratch.write(INPUTS.path, "kind: Hand\n");
    expect(await update(INPUTS)).toEqual(INPUTS);
    expect(await scratch.read(INPUTS.path)).toBe(`${HEADER}kind: A\n`);
  });

  it("fails on a file that another stack took over", async () => {
    const theirs = `${HEADER.replace("stack prod", "stack dev")}kind: B\n`;
    await scratch.write(INPUTS.path, theirs);
    await expect(update(INPUTS)).rejects.toThrow("belongs to another stack");
    expect(await scratch.read(INPUTS.path)).toBe(theirs);
  });

  it("does not touch a file that is right already", async () => {
    await create();
    const file = join(scratch.project(), "gitops", INPUTS.path);
    await chmod(file, 0o600);
    await update(INPUTS);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });
});

describe("deleting", () => {
  it("removes the file and the directories it leaves empty, never the checkout", async () => {
    await create();
    await scratch.write("k8s/other.yaml", "");
    nextRun();
    await handler.delete(stored());
    expect(await readdir(join(scratch.project(), "gitops"), { recursive: true })).toEqual([
      "k8s",
      "k8s/other.yaml",
    ]);
    await rm(join(scratch.project(), "gitops/k8s/other.yaml"));
    await create();
    nextRun();
    await handler.delete(stored());
    expect(await readdir(join(scratch.project(), "gitops"))).toEqual([]);
  });

  it("leaves a file alone that lost our header or has another stack's", async () => {
    await scratch.write(INPUTS.path, "kind: Mine\n");
    await handler.delete(stored());
    expect(await scratch.read(INPUTS.path)).toBe("kind: Mine\n");
    await scratch.write(INPUTS.path, HEADER.replace("stack prod", "stack dev"));
    // A refresh has put the other stack's name into state; the inputs still say who we are.
    await handler.delete(stored(INPUTS, { ...INPUTS, owner: "stack dev, app netbox" }));
    expect(await scratch.read(INPUTS.path)).toBeDefined();
  });

  it("succeeds when file or checkout are gone", async () => {
    await handler.delete(stored());
    await rm(join(scratch.project(), "gitops"), { recursive: true });
    await handler.delete(stored());
  });

  it("does not pull the directory from under a write beside it", async () => {
    const all = Array.from({ length: 20 }, (_, index) => ({
      ...INPUTS,
      path: `x/y/${String(index)}.yaml`,
    }));
    await Promise.all(all.map((inputs) => create(inputs)));
    nextRun();
    await Promise.all(
      all.map((inputs, index) =>
        index % 2 === 0
          ? handler.delete(stored(inputs))
          : create({ ...inputs, path: `x/z/${String(index)}.yaml` }),
      ),
    );
    expect(await readdir(join(scratch.project(), "gitops/x/z"))).toHaveLength(10);
    expect(await readdir(join(scratch.project(), "gitops/x/y"))).toHaveLength(10);
  });
});
