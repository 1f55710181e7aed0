import module from "node:module";
import { homedir } from "node:os";
import path from "node:path";
import type * as Sdk from "@pulumi/pulumi";

/**
 * All that Berth replaces of Pulumi's SDK, and of Node, to make the program start and run faster. Pulumi.yaml
 * loads this file before the SDK (`nodeargs`). test/program-start.test.ts fails when the SDK no longer has
 * what is replaced here.
 */

const require = module.createRequire(import.meta.url);

/**
 * Node keeps what it compiled for the next run, in the folder that `provider/pulumi-resource-berth` uses as
 * well. If it cannot write there, Node runs without.
 *
 * @see https://nodejs.org/api/module.html#module-compile-cache
 */
const { NODE_COMPILE_CACHE, XDG_CACHE_HOME = path.join(homedir(), ".cache") } = process.env;
module.enableCompileCache(NODE_COMPILE_CACHE ?? path.join(XDG_CACHE_HOME, "berth/node"));

/**
 * The parts of the SDK that send a program's functions to the engine. Dynamic providers need them, Berth
 * does not. They load a compiler and npm's resolver, and attach a debugger to the program. Of all that, the
 * SDK itself only waits for the debugger.
 */
export const unusedParts = ["codePaths", "serializeClosure", "v8Hooks"].map(
  (part) => `@pulumi/pulumi/runtime/closure/${part}.js`,
);
const isInitializedAsync = (): Promise<void> => Promise.resolve();
for (const part of unusedParts) {
  const file = require.resolve(part);
  require.cache[file] ??= Object.assign(new module.Module(file), {
    exports: { isInitializedAsync },
    loaded: true,
  });
}

/** For the start of the program, when the SDK is loaded. */
export function speedUpSdk(): void {
  // The SDK takes a stack trace for every promise. Reading source maps for each takes half of a preview.
  Reflect.deleteProperty(Error, "prepareStackTrace");
  // The SDK sends each of its steps to the engine as a debug message, one after the other. That takes as long
  // as the steps themselves, and `--debug` would print what 1Password answered.
  const { log } = require("@pulumi/pulumi") as typeof Sdk;
  Object.assign(log, { debug: () => Promise.resolve() });
}

/**
 * For when only resources are left to register: the SDK then takes empty stack traces, which are cheap. The
 * engine reports what goes wrong from here on, and its messages need none.
 */
export function stopStackTraces(): void {
  Error.stackTraceLimit = 0;
}
