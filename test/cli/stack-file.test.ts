import fs, {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { parse } from "yaml";
import { addEntries, createFile, replaceFile } from "../../cli/stack-file.ts";

const entries = {
  wiki: { adopt: true },
  odd: {
    adopt: true,
    owner: { name: "0777", memberOf: ["no", "a b"], connectionLimit: 7 },
    database: { name: 'quo"te: # {日本}' },
  },
};

const appsOf = (text: string) =>
  (parse(text) as { config: { "berth:apps": Record<string, unknown> } }).config["berth:apps"];

/** Every line of the old text is in the new one, in order, and the rest is the new entries. */
function expectOnlyAdded(before: string, after: string): void {
  const lines = after.split("\n");
  const old = before.split("\n");
  let next = 0;
  for (const line of lines) if (line === old[next]) next += 1;
  expect(next).toBe(old.length);
  expect(appsOf(after)).toMatchObject(entries);
}

describe("entries are added", () => {
  test("to the example, whose every character stays", () => {
    const before = readFileSync(new URL("../../Pulumi.prod.yaml", import.meta.url), "utf8");
    const after = addEntries(before, entries);
    expectOnlyAdded(before, after);
    expect(Object.keys(appsOf(after))).toEqual(["netbox", "basketball", "wiki", "odd"]);
  });

  test("before what comes after the apps, and after the comments that belong to them", () => {
    const before = [
      "# head",
      "config:",
      "    berth:apps:",
      "        one: {}   #  odd   spacing",
      "        two:",
      "            adopt:   true",
      "            # of two",
      "",
      "        # of the apps",
      "",
      "    # of the next",
      "    other:key: 1",
      "encryptionsalt: v1:x",
      "",
    ].join("\n");
    const after = addEntries(before, entries);
    expectOnlyAdded(before, after);
    expect(after).toContain("        # of the apps\n        wiki:\n          adopt: true\n");
    expect(after.indexOf("wiki:")).toBeLessThan(after.indexOf("# of the next"));
  });

  test.each([
    ["an empty map", "config:\n  berth:apps: {} # none yet\n  a:b: 1\n", "# none yet"],
    ["no value", "config:\n  berth:apps:\n  a:b: 1\n", "berth:apps:\n"],
    ["no line end at the end", "config:\n  a:b: 1\n  berth:apps: {}", "a:b: 1"],
    ["one app in the last line", "config:\n  berth:apps:\n    one: {}", "one: {}"],
    [
      "a text in several lines at the end",
      "config:\n  berth:apps:\n    one:\n      note: |\n        text\n        more\n\n  a:b: 1\n  c:d: 2\n",
      "        more\n    wiki:",
    ],
    ["a quoted key", 'config:\n  "berth:apps": {}\n', '"berth:apps":\n'],
    ["CRLF", "config:\r\n  berth:apps:\r\n    one: {}\r\n  a:b: 1\r\n", "one: {}\r\n    wiki:\r\n"],
  ])("to a file with %s", (_, before, kept) => {
    const after = addEntries(before, entries);
    expect(after).toContain(kept);
    expect(appsOf(after)).toMatchObject(entries);
  });
});

test("fails on an app that is there, and changes nothing", () => {
  expect(() => addEntries("config:\n  berth:apps:\n    wiki: {}\n", entries)).toThrow(
    "berth:apps has wiki already; nothing was written",
  );
});

test("fails on apps that are written in one line, and says what to do", () => {
  expect(() => addEntries("config: { berth:apps: { one: {} } }\n", entries)).toThrow(
    /cannot be added to\n {2}fix: write it as a block/,
  );
});

describe("a file is replaced", () => {
  let folder: string;
  let file: string;

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), "berth-stack-file-"));
    file = path.join(folder, "Pulumi.prod.yaml");
    writeFileSync(file, "old", { mode: 0o640 });
  });

  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  test("in one step, with its mode, also behind a link", () => {
    const link = path.join(folder, "link.yaml");
    symlinkSync(file, link);
    replaceFile(link, { before: "old", after: "new" }, (draft) => {
      expect(readFileSync(draft, "utf8")).toBe("new");
    });
    expect(readFileSync(file, "utf8")).toBe("new");
    expect(statSync(file).mode & 0o777).toBe(0o640);
    expect(readdirSync(folder).toSorted()).toEqual(["Pulumi.prod.yaml", "link.yaml"]);
  });

  test("with all rights that it has, whatever the umask of this process is", () => {
    chmodSync(file, 0o666);
    const mask = process.umask(0o077);
    try {
      replaceFile(file, { before: "old", after: "new" });
    } finally {
      process.umask(mask);
    }
    expect(statSync(file).mode & 0o777).toBe(0o666);
  });

  test("beside what a killed run with the same pid left", () => {
    writeFileSync(path.join(folder, `.Pulumi.prod.yaml.${String(process.pid)}`), "half");
    replaceFile(file, { before: "old", after: "new" });
    expect(readFileSync(file, "utf8")).toBe("new");
  });

  test("with a fix where that is not possible", () => {
    const stolen = (draft: string): void => {
      rmSync(draft);
    };
    expect(() => {
      replaceFile(file, { before: "old", after: "new" }, stolen);
    }).toThrow(/is as it was: ENOENT.*\n {2}fix: correct that, then run the same command again$/);
    expect(readFileSync(file, "utf8")).toBe("old");
  });

  test("or made with its folder, but never over another", () => {
    const made = path.join(folder, "new/file.yaml");
    createFile(made, "text");
    expect(readFileSync(made, "utf8")).toBe("text");
    const link = path.join(folder, "link.yaml");
    symlinkSync("nowhere.yaml", link);
    for (const taken of [made, link]) {
      expect(() => {
        createFile(taken, "other");
      }).toThrow("could not be written: EEXIST");
    }
    expect(readFileSync(made, "utf8")).toBe("text");
  });

  test("or not made at all where the disk is full", () => {
    const made = path.join(folder, "new.yaml");
    const write = vi.spyOn(fs, "writeFileSync").mockImplementationOnce(() => {
      throw new Error("ENOSPC: no space left on device");
    });
    syncBuiltinESMExports();
    try {
      expect(() => {
        createFile(made, "text");
      }).toThrow(/could not be written: ENOSPC/);
    } finally {
      write.mockRestore();
      syncBuiltinESMExports();
    }
    expect(existsSync(made)).toBe(false);
  });

  test("not if the draft is refused, or somebody changed it meanwhile", () => {
    const refuse = (): void => {
      throw new Error("not usable");
    };
    expect(() => {
      replaceFile(file, { before: "old", after: "new" }, refuse);
    }).toThrow("is as it was: not usable");
    expect(() => {
      replaceFile(file, { before: "older", after: "new" }, () => undefined);
    }).toThrow("was changed meanwhile; nothing was written");
    expect(readFileSync(file, "utf8")).toBe("old");
    expect(readdirSync(folder)).toEqual(["Pulumi.prod.yaml"]);
  });
});
