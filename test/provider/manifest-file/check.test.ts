import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ManifestFileHandler } from "../../../provider/manifest-file/handler.ts";
import { type PropertyMap, SecretValue, UNKNOWN } from "../../../provider/rpc/property-values.ts";
import { countFaults } from "../../faults/count.ts";
import { HEADER, INPUTS, toUrn, useScratch } from "../scratch.ts";

const scratch = useScratch();

async function check(newInputs: PropertyMap, oldInputs?: PropertyMap) {
  const handler = new ManifestFileHandler(scratch.project(), () => undefined);
  return handler.check({ urn: toUrn("a"), oldInputs, newInputs });
}

async function failuresOf(newInputs: PropertyMap, oldInputs?: PropertyMap) {
  return (await check(newInputs, oldInputs)).failures;
}

countFaults("files of others");

describe("checking inputs", () => {
  it("accepts a complete set and fills in adopt", async () => {
    const { adopt, ...given } = INPUTS;
    expect(await check(given)).toEqual({ inputs: { ...given, adopt }, failures: [] });
  });

  it("accepts what only up will know", async () => {
    expect(await failuresOf({ ...INPUTS, content: UNKNOWN, path: UNKNOWN })).toEqual([]);
  });

  it("fails once for each thing that is wrong", async () => {
    const failures = await failuresOf({
      directory: "",
      path: 1,
      owner: "a\nb",
      adopt: "yes",
      x: 1,
    });
    expect(failures.map(({ property }) => property).sort()).toEqual(
      ["adopt", "content", "directory", "owner", "path", "x"].sort(),
    );
  });

  it.each([
    ["secret", new SecretValue("hunter2")],
    ["unknown and secret", new SecretValue(UNKNOWN)],
    ["secret inside", { a: [new SecretValue("hunter2")] }],
  ])("fails on content that is %s, without showing it", async (_, content) => {
    const failures = await failuresOf({ ...INPUTS, content });
    expect(failures).toEqual([
      {
        property: "content",
        reason:
          "manifest must not contain secret values; refer to a Kubernetes Secret by its name instead",
      },
    ]);
  });

  it.each([
    "",
    "/etc/passwd",
    "C:/x",
    "a/../../b",
    "..",
    "a//b",
    "./a",
    "a/",
    "a\\b",
    "a\u0000b",
    ".git/hooks/pre-commit",
    "a/.GIT/config",
  ])("fails on the path %j", async (path) => {
    expect(await failuresOf({ ...INPUTS, path })).toMatchObject([{ property: "path" }]);
  });
});

describe("checking what stands at the path", () => {
  it("fails on a foreign file, even with the same text, and names the fix", async () => {
    await scratch.write(INPUTS.path, INPUTS.content);
    expect(await failuresOf(INPUTS)).toEqual([
      {
        property: "path",
        reason:
          "gitops/k8s/infra/netbox/a.yaml exists and was not written by Berth\n  fix: move the file away, or set adopt: true (gitops.adopt in the stack file) to overwrite it",
      },
    ]);
    expect(await failuresOf({ ...INPUTS, adopt: true })).toEqual([]);
  });

  it("accepts our own file from a run that died before it was recorded", async () => {
    await scratch.write(INPUTS.path, `${HEADER}kind: Old\n`);
    expect(await failuresOf(INPUTS)).toEqual([]);
  });

  it("accepts a file that lost its header when state says it is ours", async () => {
    await scratch.write(INPUTS.path, "kind: Hand\n");
    expect(await failuresOf(INPUTS, INPUTS)).toEqual([]);
  });

  it("fails on a foreign file at the new path of a resource that moves", async () => {
    await scratch.write("b.yaml", "kind: Hand\n");
    expect(await failuresOf({ ...INPUTS, path: "b.yaml" }, INPUTS)).toHaveLength(1);
  });

  it("accepts the header of the owner in state, so that a stack can be renamed", async () => {
    await scratch.write(INPUTS.path, `${HEADER}kind: A\n`);
    const renamed = { ...INPUTS, owner: "stack production, app netbox" };
    expect(await failuresOf(renamed, INPUTS)).toEqual([]);
    expect(await failuresOf(renamed)).toMatchObject([{ property: "path" }]);
  });

  it("fails on a symbolic link that leads out of the checkout", async () => {
    const outside = join(scratch.project(), "outside");
    await mkdir(outside);
    await writeFile(join(outside, "a.yaml"), "precious");
    await symlink(outside, join(scratch.project(), "gitops/k8s"));
    expect(await failuresOf({ ...INPUTS, path: "k8s/a.yaml", adopt: true })).toEqual([
      {
        property: "path",
        reason: "k8s is a symbolic link that leads out of the directory",
      },
    ]);
    await symlink(join(outside, "a.yaml"), join(scratch.project(), "gitops/b.yaml"));
    expect(await failuresOf({ ...INPUTS, path: "b.yaml", adopt: true })).toHaveLength(1);
  });

  it("accepts a linked directory that stays inside", async () => {
    await mkdir(join(scratch.project(), "gitops/real"));
    await symlink("real", join(scratch.project(), "gitops/k8s"));
    expect(await failuresOf({ ...INPUTS, path: "k8s/a.yaml" })).toEqual([]);
  });

  it("fails on a directory where the file goes, and on a file where a directory goes", async () => {
    await scratch.write("k8s/a.yaml/x", "");
    expect(await failuresOf({ ...INPUTS, path: "k8s/a.yaml" })).toMatchObject([
      { reason: "k8s/a.yaml is a directory" },
    ]);
    expect(await failuresOf({ ...INPUTS, path: "k8s/a.yaml/x/y.yaml" })).toMatchObject([
      { reason: "k8s/a.yaml/x is a file, not a directory" },
    ]);
  });

  it("fails on a checkout that is a file", async () => {
    await writeFile(join(scratch.project(), "plain"), "");
    expect(await failuresOf({ ...INPUTS, directory: "plain" })).toMatchObject([
      { property: "directory" },
    ]);
  });
});
