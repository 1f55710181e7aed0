import { parseArgs } from "node:util";
import { BerthError } from "../components/errors.ts";

/**
 * The verbs that are not Pulumi's. Exit code 0: all well; 1: the verb found something wrong;
 * 2: it could not run.
 */

const help = `berth: the verbs besides Pulumi's

  verify    log in as every role and try what must work and what must be refused

Options
  --stack NAME         stack to look at (required)
  --config-file FILE   stack file (default: Pulumi.<stack>.yaml)
  --json               one JSON document on standard output, for machines
  --help               this text

1Password is reached as by pulumi up: OP_CONNECT_HOST and OP_CONNECT_TOKEN,
OP_SERVICE_ACCOUNT_TOKEN, or OP_ACCOUNT.
`;

const options = {
  stack: { type: "string" },
  "config-file": { type: "string" },
  json: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const;

async function main(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
  if (values.help) {
    process.stdout.write(help);
    return 0;
  }
  const [verb, ...rest] = positionals;
  if (verb !== "verify" || rest.length > 0) {
    const given = positionals.length === 0 ? "nothing" : `"${positionals.join(" ")}"`;
    throw new BerthError(`got ${given}; the only verb is verify`, {
      hint: "npm run verify -- --stack prod",
    });
  }
  if (values.stack === undefined) {
    throw new BerthError("verify: no stack was named", { hint: "add --stack prod, or another" });
  }
  // Only now: it loads Pulumi's SDK, and --help should not take a second.
  const { verify } = await import("./verify.ts");
  return await verify({ stack: values.stack, file: values["config-file"], json: values.json });
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  // Anything else than our own errors is a fault, and its stack belongs in the report.
  const known =
    error instanceof BerthError || (error as { code?: string }).code?.startsWith("ERR_PARSE_ARGS");
  process.stderr.write(
    `${known === true ? (error as Error).message : String((error as Error).stack)}\n`,
  );
  process.exitCode = 2;
}
