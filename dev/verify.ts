import { existsSync } from "node:fs";
import { devHome, openSandbox } from "./sandbox.ts";

/**
 * `npm run verify -- --stack dev`: the verb as it is, and for the stack of `npm start` with that one's
 * stack file and 1Password, unless the environment names another.
 */
const args = process.argv.slice(2);
const isDev = args.includes("dev") && args[args.indexOf("dev") - 1] === "--stack";
if (isDev && existsSync(devHome) && process.env["OP_CONNECT_HOST"] === undefined) {
  const sandbox = await openSandbox({ home: devHome });
  Object.assign(process.env, sandbox.env);
  process.argv.push("--config-file", sandbox.stackFile);
}
process.argv.splice(2, 0, "verify");
await import("../cli/main.ts");
