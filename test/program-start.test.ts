import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { execa } from "execa";
import { beforeAll, describe, expect, it } from "vitest";
import { projectFolder } from "../components/project-folder.ts";
import { useFolder } from "./fakes/folder.ts";

const folder = useFolder("cache");

const programStart = "./components/engine/program-start.ts";

/** What a program prints, started as Pulumi.yaml has the language host start it. */
async function start(program: string, cacheHome: string): Promise<string> {
  return await run(program, cacheHome, [`--import=${programStart}`]);
}

async function run(
  program: string,
  cacheHome = folder,
  flags: readonly string[] = [],
): Promise<string> {
  const args = [...flags, "--input-type=module", "--eval", program];
  const { all } = await execa(process.execPath, args, {
    cwd: projectFolder,
    env: { XDG_CACHE_HOME: cacheHome, NODE_NO_WARNINGS: "1" },
    extendEnv: false,
    all: true,
  });
  return all;
}

const usesPackage = 'import { parse } from "yaml"; console.log(parse("4"))';

it("keeps what Node compiles, and does without where it cannot", async () => {
  expect(await start(usesPackage, folder)).toBe("4");
  const kept = readdirSync(path.join(folder, "berth/node"), { recursive: true });
  expect(kept.length).toBeGreaterThan(10);
  const file = path.join(folder, "file");
  writeFileSync(file, "");
  expect(await start(usesPackage, file)).toBe("4");
});

/** With a function that finds a module of the SDK. */
const prelude = `
  import { createRequire } from "node:module";
  import { readFileSync } from "node:fs";
  import * as pulumi from "@pulumi/pulumi";
  const require = createRequire(import.meta.resolve("@pulumi/pulumi"));
`;

it.each([
  ["20.20.2", true],
  ["22.17.1", true],
  ["22.18.0", false],
  ["24.1.0", false],
])("refuses Node %s in one sentence: %s", async (version, isOld) => {
  const program = `Object.defineProperty(process.versions, "node", { value: "${version}" }); require("./components/engine/node-check.cjs")`;
  const { exitCode, stderr } = await execa(process.execPath, ["--eval", program], {
    cwd: projectFolder,
    reject: false,
  });
  expect(exitCode).toBe(isOld ? 1 : 0);
  if (isOld) expect(stderr).toMatch(/^Berth needs Node 22\.18 or newer; this is .*\n {2}fix: .*$/);
  else expect(stderr).toBe("");
});

it("is loaded before the SDK by Pulumi.yaml", () => {
  const project = readFileSync(path.join(projectFolder, "Pulumi.yaml"), "utf8");
  expect(project).toContain(`--import=${programStart}`);
  expect(project).toContain("--require=./components/engine/node-check.cjs");
});

describe("a program that is started as Pulumi.yaml has it", () => {
  /** What one program prints of all, since to load the SDK takes longest. */
  let said: readonly string[];

  beforeAll(async () => {
    const program = `${prelude}
      import { speedUpSdk, stopStackTraces } from "${programStart}";
      await require("./runtime/closure/v8Hooks.js").isInitializedAsync();
      const loaded = Object.keys(require.cache);
      const unused = loaded.filter((file) => /[/](typescript|arborist)[/]/.test(file));
      const inspector = process.moduleLoadList.filter((name) => name === "NativeModule inspector");
      console.log(typeof pulumi.CustomResource, loaded.length > 50, unused.length, inspector.length);
      console.log(typeof pulumi.runtime.serializeFunction);

      await pulumi.runtime.setMocks({ newResource: () => ({ id: "1", state: {} }), call: () => ({}) });
      let reported = 0;
      pulumi.log.debug = () => Promise.resolve(void reported++);
      const register = async (name) => {
        const { urn } = new pulumi.CustomResource("a:index:B", name, {});
        await new Promise((resolve) => urn.apply(resolve));
      };
      await register("one");
      const before = reported > 0;
      require("source-map-support/register");
      const mapped = typeof Error.prepareStackTrace;
      speedUpSdk();
      reported = 0;
      await register("two");
      console.log(before, reported);
      const start = readFileSync(require.resolve("./cmd/run/index.js"), "utf8");
      const isRegistered = start.includes('require("source-map-support/register")');
      console.log(isRegistered, mapped, typeof Error.prepareStackTrace);

      const { debuggablePromise } = require("./runtime/debuggable.js");
      const count = () => {
        const promise = Promise.resolve();
        debuggablePromise(promise);
        return promise._debugStackTrace.split("    at ").length - 1;
      };
      const hasTrace = count() > 0;
      stopStackTraces();
      console.log(hasTrace, count());
    `;
    said = (await start(program, folder)).split("\n");
  });

  it("leaves out what the SDK loads to serialize functions, and no debugger is attached", () => {
    expect(said.slice(0, 2)).toEqual(["function true 0 0", "undefined"]);
  });

  it("reports its steps through log.debug, until speedUpSdk", () => {
    expect(said[2]).toBe("true 0");
  });

  it("maps every stack trace through source maps, until speedUpSdk", () => {
    expect(said[3]).toBe("true function undefined");
  });

  it("takes a stack trace for every promise, until stopStackTraces", () => {
    expect(said[4]).toBe("true 0");
  });
});

it("without that the SDK loads a compiler and a debugger, and waits for the debugger alone", async () => {
  const program = `${prelude}
    const hooks = require("./runtime/closure/v8Hooks.js");
    await hooks.isInitializedAsync();
    const loaded = Object.keys(require.cache);
    const compiler = loaded.some((file) => /[/](typescript|arborist)[/]/.test(file));
    const inspector = process.moduleLoadList.includes("NativeModule inspector");
    const start = readFileSync(require.resolve("./cmd/run/index.js"), "utf8");
    const uses = start.match(/v8Hooks[.][A-Za-z]+/g);
    console.log(compiler, inspector, typeof pulumi.runtime.serializeFunction, String(uses));
  `;
  expect(await run(program)).toBe("true true function v8Hooks.isInitializedAsync");
});
