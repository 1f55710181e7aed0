import { existsSync } from "node:fs";
import { reopenCluster } from "./cluster/reopen.ts";
import { openToolchain } from "./pulumi-cli.ts";
import { devHome, openSandbox } from "./sandbox.ts";

/**
 * `npm run verify -- --stack dev`: a verb as it is, and for the stack of `npm start` with that one's
 * stack file, Pulumi and 1Password, unless the environment names another.
 */
const [verb, ...args] = process.argv.slice(2);
const isDev = args.includes("dev") && args[args.indexOf("dev") - 1] === "--stack";
if (isDev && existsSync(devHome) && process.env["OP_CONNECT_HOST"] === undefined) {
  const sandbox = await openSandbox({ home: devHome });
  await reopenCluster(sandbox);
  Object.assign(process.env, sandbox.env);
  if (verb === "doctor" || verb === "rotate") {
    const toolchain = await openToolchain((line) => process.stderr.write(`${line}\n`));
    Object.assign(process.env, toolchain.env);
  }
  process.argv.push("--config-file", sandbox.stackFile);
}
await import("../cli/main.ts");
