import module from "node:module";
import { homedir } from "node:os";
import path from "node:path";
import type * as Sdk from "@pulumi/pulumi";

/**
 * Everything that Berth replaces in Pulumi's SDK and in Node so that the program starts and runs faster.
 * Pulumi.yaml loads this file before the SDK (`nodeargs`). test/program-start.test.ts fails if the SDK no longer
 * has something that is replaced here.
 */

const require = module.createRequire(import.meta.url);

/**
 * Node keeps compiled code for the next run, in the same folder as `provider/pulumi-resource-berth`. If it
 * cannot write there, it runs without.
 *
 * @see https://nodejs.org/api/module.html#module-compile-cache
 */
const { NODE_COMPILE_CACHE, XDG_CACHE_HOME = path.join(homedir(), ".cache") } = process.env;
module.enableCompileCache(NODE_COMPILE_CACHE ?? path.join(XDG_CACHE_HOME, "berth/node"));

/**
 * Parts of the SDK that send a program's functions to the engine. Only dynamic providers need them, and Berth
 * has none. They load a compiler and npm's resolver, and attach a debugger. The rest of the SDK waits only for
 * the debugger.
 */
const unusedParts = ["codePaths", "serializeClosure", "v8Hooks"].map(
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
 * Call it when only resources are left to register: the SDK then takes empty stack traces, which are cheap. From
 * then on the engine reports errors, and its messages need no stack trace.
 */
export function stopStackTraces(): void {
  Error.stackTraceLimit = 0;
}
