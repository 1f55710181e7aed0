import { reopenCluster } from "./cluster/reopen.ts";
import { ensureStack, openToolchain, runPulumi } from "./pulumi-cli.ts";
import { devHome, openSandbox } from "./sandbox.ts";

/** `npm run pulumi -- preview`: the Pulumi CLI on the stack that `npm start` brings up. */
const toolchain = await openToolchain((line) => process.stderr.write(`${line}\n`));
const sandbox = await openSandbox({ home: devHome });
await reopenCluster(sandbox);
await ensureStack(toolchain, sandbox);
const result = await runPulumi(toolchain, sandbox, process.argv.slice(2), { output: "show" });
process.exitCode = result.exitCode;
