import { describe, expect, it } from "vitest";
import {
  findOverwriteProblem,
  formatHeader,
  isOwnedBy,
  parseManifest,
} from "../../../provider/manifest-file/header.ts";

const owner = "stack prod, app netbox";
const file = `${formatHeader(owner)}kind: A\n`;
const request = {
  text: file,
  content: "kind: B\n",
  owners: [owner],
  isInState: false,
  adopt: false,
};

describe("the header", () => {
  it("is one line that says whose file it is", () => {
    expect(formatHeader(owner)).toBe(
      "# Managed by Berth (stack prod, app netbox). Changes made here are undone by the next pulumi up.\n",
    );
  });

  it("is read back, brackets in the owner included", () => {
    const special = "stack prod (eu), app x";
    expect(parseManifest(`${formatHeader(special)}kind: A\n`)).toEqual({
      owner: special,
      content: "kind: A\n",
    });
  });

  it("counts on the first line only", () => {
    expect(parseManifest(`kind: A\n${file}`)).toBeUndefined();
  });

  it("belongs to every app of its stack and to no other stack", () => {
    expect(isOwnedBy(file, ["stack prod, app other"])).toBe(true);
    expect(isOwnedBy(file, ["stack prod2, app netbox"])).toBe(false);
  });
});

describe("overwriting", () => {
  it("goes on where there is no file, or ours from a run that died", () => {
    expect(findOverwriteProblem({ ...request, text: undefined })).toBeUndefined();
    expect(findOverwriteProblem(request)).toBeUndefined();
  });

  it("fails on a file without header unless state or the operator says it is ours", () => {
    const foreign = { ...request, text: "kind: A\n" };
    expect(findOverwriteProblem(foreign)).toBe("exists and was not written by Berth");
    expect(findOverwriteProblem({ ...foreign, isInState: true })).toBeUndefined();
    expect(findOverwriteProblem({ ...foreign, adopt: true })).toBeUndefined();
  });

  it("fails on another stack's file even when it is in state", () => {
    const other = { ...request, text: `${formatHeader("stack dev, app x")}kind: A\n` };
    const problem = "belongs to another stack (stack dev, app x)";
    expect(findOverwriteProblem(other)).toBe(problem);
    expect(findOverwriteProblem({ ...other, isInState: true })).toBe(problem);
    expect(findOverwriteProblem({ ...other, adopt: true })).toBeUndefined();
  });

  describe("of two stacks with one name", () => {
    const mine = "stack prod 0123456789abcdef, app netbox";
    const theirs = `${formatHeader("stack prod fedcba9876543210, app netbox")}kind: A\n`;
    const own = { ...request, owners: [mine] };

    it("keeps each from the other's file", () => {
      expect(findOverwriteProblem({ ...own, text: theirs })).toBe(
        "belongs to another stack (stack prod fedcba9876543210, app netbox)",
      );
      expect(isOwnedBy(theirs, [mine])).toBe(false);
      expect(isOwnedBy(theirs, ["stack prod, app netbox"])).toBe(false);
    });

    it("takes an earlier version's file, which names no identity, for its own only where state knows it", () => {
      expect(findOverwriteProblem(own)).toBe(
        "was written by an earlier version of Berth for a stack of this name (stack prod, app netbox), and may be another stack's",
      );
      expect(findOverwriteProblem({ ...own, isInState: true })).toBeUndefined();
    });

    it("gives such a file its header where nothing else changes", () => {
      expect(findOverwriteProblem({ ...own, content: "kind: A\n" })).toBeUndefined();
    });

    it("goes on under a new name, which state shows to be the same stack's", () => {
      const renamed = { ...own, owners: ["stack live 00000000deadbeef, app netbox", mine] };
      const text = `${formatHeader(mine)}kind: A\n`;
      expect(findOverwriteProblem({ ...renamed, text, isInState: true })).toBeUndefined();
    });
  });
});
