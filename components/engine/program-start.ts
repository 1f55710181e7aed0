import module from "node:module";
import { homedir } from "node:os";
import path from "node:path";

/**
 * Loaded before Pulumi's own start of the program (`nodeargs` in Pulumi.yaml), to have it start faster.
 *
 * What Node compiled in an earlier run is kept, where `provider/pulumi-resource-berth` keeps it as well. A
 * folder that cannot be written to is no error; Node does without.
 *
 * @see https://nodejs.org/api/module.html#module-compile-cache
 */
const { NODE_COMPILE_CACHE, XDG_CACHE_HOME = path.join(homedir(), ".cache") } = process.env;
module.enableCompileCache(NODE_COMPILE_CACHE ?? path.join(XDG_CACHE_HOME, "berth/node"));

/**
 * The SDK's way to send a program's functions to the engine, as dynamic providers do and Berth does not: it
 * loads a compiler and npm's resolver, and attaches a debugger to the program for as long as it runs. The one
 * thing of it that the SDK itself waits for is that the debugger is there.
 */
const require = module.createRequire(import.meta.url);
const isInitializedAsync = (): Promise<void> => Promise.resolve();
for (const part of ["codePaths", "serializeClosure", "v8Hooks"]) {
  const file = require.resolve(`@pulumi/pulumi/runtime/closure/${part}.js`);
  require.cache[file] = Object.assign(new module.Module(file), {
    exports: { isInitializedAsync },
    loaded: true,
  });
}
