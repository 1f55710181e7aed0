import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { GitCommitHandler } from "../../../provider/git-commit/handler.ts";
import { ManifestFileHandler } from "../../../provider/manifest-file/handler.ts";
import { git as gitIn, initCheckout } from "../../fakes/checkout.ts";
import { HEADER, INPUTS, toUrn, useScratch } from "../scratch.ts";

/** The commit as a resource: when it changes, and what it takes along. */

const scratch = useScratch();
const urn = toUrn("commit");
let files: ManifestFileHandler;
let handler: GitCommitHandler;
let reports: string[];

const checkout = () => join(scratch.project(), "gitops");
const git = (...args: readonly string[]) => gitIn(checkout(), ...args);
const countCommits = async (): Promise<number> => Number(await git("rev-list", "--count", "--all"));

/** A later run of the provider. */
const nextRun = (): void => {
  reports = [];
  files = new ManifestFileHandler(scratch.project(), () => undefined);
  handler = new GitCommitHandler(scratch.project(), files, (_severity, _urn, text) => {
    reports.push(text);
  });
};

beforeEach(async () => {
  vi.stubEnv("GIT_CONFIG_GLOBAL", "/dev/null");
  await initCheckout(checkout());
  nextRun();
});

afterEach(() => {
  vi.unstubAllEnvs();
});

const other = "k8s/infra/netbox/b.yaml";
const WANTED: Readonly<Record<"directory" | "owner", string>> & { readonly files: string[] } = {
  directory: "gitops",
  owner: "stack prod, shared",
  files: [INPUTS.path],
};
const manifest = (inputs: object = {}, preview = false) =>
  files.create({ urn, inputs: { ...INPUTS, ...inputs }, preview });
const create = (preview = false) => handler.create({ urn, inputs: WANTED, preview });
const diff = (newInputs = WANTED, oldInputs: typeof WANTED = WANTED) =>
  handler.diff({ id: "commit", urn, oldInputs, oldState: oldInputs, newInputs });
const update = (newInputs: typeof WANTED, oldInputs: typeof WANTED, preview = false) =>
  handler.update({ id: "commit", urn, oldInputs, oldState: oldInputs, newInputs, preview });

it("names the commit and what is in it, and is made once", async () => {
  await manifest();
  expect(await diff()).toEqual({ files: "update" });
  await create();
  const id = await git("rev-parse", "--short", "HEAD");
  expect(reports).toEqual([
    `committed on main as ${id}: ${INPUTS.path}\n    fix: push the branch; what follows the repository sees nothing before`,
  ]);
  nextRun();
  expect(await diff()).toEqual({});
  await update(WANTED, WANTED);
  expect([await countCommits(), reports]).toEqual([1, []]);
});

it("changes in a preview with a manifest, and commits nothing there", async () => {
  await manifest();
  await create();
  nextRun();
  await manifest({ content: "kind: B\n" }, true);
  expect(await diff()).toEqual({ files: "update" });
  await scratch.write(INPUTS.path, `${HEADER}kind: B\n`);
  await update(WANTED, WANTED, true);
  await create(true);
  expect(await countCommits()).toBe(1);
});

it("changes where git has not what is there, though no manifest changed", async () => {
  await manifest();
  nextRun();
  expect(await diff()).toEqual({ files: "update" });
});

it("has the deletion of what left, which the engine does later", async () => {
  const before = { ...WANTED, files: [INPUTS.path, other] };
  await manifest();
  await manifest({ path: other });
  await update(before, WANTED);
  nextRun();
  expect(await diff(WANTED, before)).toEqual({ files: "update" });
  await update(WANTED, before);
  expect(reports).toEqual([expect.stringContaining(`: ${other}\n`)]);
  expect(await git("status", "--porcelain")).toBe("");
});

describe("a commit that is turned on as an app leaves", () => {
  const commitByHand = async (): Promise<void> => {
    await git("add", "--all");
    await git("commit", "--quiet", "--no-gpg-sign", "-m", "by hand");
  };

  it("has the deletion of the app's files, and its preview names them", async () => {
    await manifest();
    await manifest({ path: other });
    await commitByHand();
    await create(true);
    expect(reports).toEqual([`to be committed as deleted: ${other}`]);
    expect(await git("status", "--porcelain")).toBe("");
    nextRun();
    await create();
    expect(await git("show", "--name-status", "--format=")).toBe(`D\t${other}`);
    expect(await git("status", "--porcelain")).toBe("");
  });

  it.each([
    ["another stack wrote", HEADER.replace("stack prod", "stack dev")],
    ["another stack wrote whose name begins the same", HEADER.replace("stack prod", "stack prod2")],
    ["people wrote, who name Berth", `kind: A\n${HEADER}`],
  ])("leaves alone what %s", async (_, header) => {
    await manifest();
    await scratch.write(other, `${header}kind: B\n`);
    await commitByHand();
    await create(true);
    await create();
    expect(reports).toEqual([]);
    expect(existsSync(join(scratch.project(), "gitops", other))).toBe(true);
  });
});

it.each([
  ["a file that another stack has now", HEADER.replace("stack prod", "stack dev"), {}],
  ["a file in the directory that it was moved from", HEADER, { directory: "elsewhere" }],
])("leaves %s alone", async (_, header, changes) => {
  await manifest();
  await create();
  await scratch.write(other, `${header}kind: B\n`);
  await update(WANTED, { ...WANTED, files: [INPUTS.path, other], ...changes });
  expect(existsSync(join(scratch.project(), "gitops", other))).toBe(true);
  expect(await git("status", "--porcelain")).toBe(`?? ${other}`);
});

it("says why there is no commit", async () => {
  await manifest();
  await create();
  await git("switch", "--quiet", "--detach");
  await manifest({ content: "kind: B\n" });
  await expect(update(WANTED, WANTED)).rejects.toThrow(
    /nothing is committed: 1 problem\n {2}- gitops has no branch checked out/,
  );
});

it("stays as it is in a refresh, and takes nothing back when it is deleted", async () => {
  await manifest();
  await create();
  const stored = { id: "commit", urn, inputs: WANTED, state: WANTED };
  expect(await handler.read(stored)).toEqual(stored);
  await handler.delete();
  expect(await countCommits()).toBe(1);
});
