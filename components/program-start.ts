import module from "node:module";
import { homedir } from "node:os";
import path from "node:path";

/**
 * Loaded before Pulumi's own start of the program (`nodeargs` in Pulumi.yaml): what Node compiled in an earlier
 * run starts faster, where `provider/pulumi-resource-berth` keeps it as well. A folder that cannot be written
 * to is no error; Node does without.
 *
 * @see https://nodejs.org/api/module.html#module-compile-cache
 */
const { NODE_COMPILE_CACHE, XDG_CACHE_HOME = path.join(homedir(), ".cache") } = process.env;
module.enableCompileCache(NODE_COMPILE_CACHE ?? path.join(XDG_CACHE_HOME, "berth/node"));
