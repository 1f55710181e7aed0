import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isInPlace, openCache, partKey, placeOf, putInPlace } from "../../toolchain/cache.ts";
import { moduleFolder, partNamed, partVersion } from "../../toolchain/parts.ts";

const plugin = partNamed("postgresql");
const cli = partNamed("pulumi");
let scratch: string;

beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), "berth-cache-"));
});
afterEach(() => {
  rmSync(scratch, { recursive: true, force: true });
});

describe("openCache", () => {
  const home = { HOME: "/home/ada" };

  it("follows BERTH_CACHE, then XDG_CACHE_HOME, then the platform", () => {
    const rootOf = (env: NodeJS.ProcessEnv, platform: NodeJS.Platform) =>
      openCache({ ...home, ...env }, platform).root;
    expect(rootOf({ BERTH_CACHE: "/c", XDG_CACHE_HOME: "/x" }, "linux")).toBe("/c");
    expect(rootOf({ XDG_CACHE_HOME: "/x" }, "linux")).toBe("/x/berth");
    expect(rootOf({}, "linux")).toBe("/home/ada/.cache/berth");
    expect(rootOf({}, "darwin")).toBe("/home/ada/Library/Caches/berth");
  });

  it("puts plugins where Pulumi looks for exactly that version", () => {
    const cache = openCache({ BERTH_CACHE: "/c" });
    const folder = `resource-postgresql-v${partVersion(plugin)}`;
    expect(placeOf(cache, plugin)).toBe(`/c/home/plugins/${folder}/pulumi-resource-postgresql`);
  });

  it("puts pulumi and its Node host side by side", () => {
    const cache = openCache({ BERTH_CACHE: "/c" });
    const host = partNamed("language-nodejs");
    expect(dirname(placeOf(cache, cli))).toBe(dirname(placeOf(cache, host)));
  });
});

describe("partKey", () => {
  it("changes with each file that decides what is built, and with nothing else", () => {
    const copy = join(scratch, "module");
    cpSync(moduleFolder(plugin), copy, { recursive: true });
    const before = partKey(plugin, copy);
    expect(before).toBe(partKey(plugin));
    writeFileSync(join(copy, "notes.txt"), "not built");
    expect(partKey(plugin, copy)).toBe(before);
    const keys = [before];
    for (const file of ["go.mod", "go.sum", "main.go", "provider/provider.go"]) {
      appendFileSync(join(copy, file), "\n");
      keys.push(partKey(plugin, copy));
    }
    expect(new Set(keys).size).toBe(keys.length);
  });

  it("changes with how the part is built", () => {
    const renamed = { ...plugin, package: "./other" };
    expect(partKey(renamed)).not.toBe(partKey(plugin));
    expect(partKey({ ...plugin, about: "a while" })).toBe(partKey(plugin));
  });
});

describe("a part in its place", () => {
  const program = () => {
    const file = join(scratch, "program");
    writeFileSync(file, "#!/bin/sh\n", { mode: 0o755 });
    return file;
  };
  const openScratch = () => openCache({ BERTH_CACHE: join(scratch, "cache") });

  it("counts once it has been put there whole", () => {
    const cache = openScratch();
    expect(isInPlace(cache, plugin)).toBe(false);
    putInPlace(cache, plugin, program());
    expect(isInPlace(cache, plugin)).toBe(true);
    expect(readFileSync(placeOf(cache, plugin), "utf8")).toBe("#!/bin/sh\n");
  });

  it("no longer counts when it was built from other sources, and is replaced", () => {
    const cache = openScratch();
    putInPlace(cache, plugin, program());
    writeFileSync(`${placeOf(cache, plugin)}.key`, "older");
    expect(isInPlace(cache, plugin)).toBe(false);
    putInPlace(cache, plugin, program());
    expect(isInPlace(cache, plugin)).toBe(true);
  });

  it("counts as a plugin that Pulumi downloaded itself, unless that is unfinished", () => {
    const cache = openScratch();
    const folder = dirname(placeOf(cache, plugin));
    mkdirSync(folder, { recursive: true });
    writeFileSync(placeOf(cache, plugin), "");
    expect(isInPlace(cache, plugin)).toBe(true);
    writeFileSync(`${folder}.partial`, "");
    expect(isInPlace(cache, plugin)).toBe(false);
    putInPlace(cache, plugin, program());
    expect(existsSync(`${folder}.partial`)).toBe(false);
    expect(isInPlace(cache, plugin)).toBe(true);
  });

  it("does not count as pulumi without a key", () => {
    const cache = openScratch();
    putInPlace(cache, cli, program());
    rmSync(`${placeOf(cache, cli)}.key`);
    expect(isInPlace(cache, cli)).toBe(false);
  });
});
