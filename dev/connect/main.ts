import { existsSync, readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { print, printError, printFile } from "../../cli/print.ts";
import { BerthError } from "../../components/errors.ts";
import { createSampleVault, makeToken } from "./sample-vault.ts";
import { startConnect } from "./server.ts";
import { VaultStore, writePrivately } from "./vault-data.ts";

const HELP = `node dev/connect/main.ts --vault FILE --port N --token-file FILE

A stand-in for 1Password Connect: its REST API for the vaults in FILE, on 127.0.0.1.

  --vault FILE        the vaults (JSON, mode 0600)
  --port N            port to listen on; 0 = any free one
  --token-file FILE   file with the bearer token, which is never an argument, because every
                      user of the machine can read arguments
  --create            make the sample vault and a token if FILE does not exist
  --help              print this text

Prints one line "listening on http://127.0.0.1:N", then one line per request. Ends on SIGTERM.
`;

async function main(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      vault: { type: "string" },
      port: { type: "string" },
      "token-file": { type: "string" },
      create: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    printFile(HELP);
    return;
  }
  const vaultFile = expectOption("vault", values.vault);
  const tokenFile = expectOption("token-file", values["token-file"]);
  const port = parsePort(expectOption("port", values.port));
  if (values.create) createMissing(vaultFile, tokenFile);
  const server = await startConnect({
    store: VaultStore.load(vaultFile),
    token: readToken(tokenFile),
    port,
    onRequest: ({ method, path, status }) => {
      print(`${method} ${path} ${status === 0 ? "cut" : String(status)}`);
    },
  });
  const stop = (): void => {
    void server.close().then(() => {
      process.exit(0);
    });
  };
  // The server must go on if the process that started it no longer reads the log.
  process.stdout.on("error", () => undefined);
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
  print(`listening on ${server.url}`);
}

function createMissing(vaultFile: string, tokenFile: string): void {
  if (!existsSync(vaultFile)) new VaultStore([createSampleVault()], vaultFile).save();
  if (!existsSync(tokenFile)) writePrivately(tokenFile, `${makeToken()}\n`);
}

function readToken(file: string): string {
  if (!existsSync(file)) {
    throw new BerthError(`token file ${file} does not exist`, {
      hint: "write a token into it, or add --create",
    });
  }
  return readFileSync(file, "utf8").trim();
}

function parsePort(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65535) return port;
  throw new BerthError(`--port: got "${text}"; allowed is a number from 0 to 65535`);
}

function expectOption(name: string, value: string | undefined): string {
  if (value !== undefined) return value;
  throw new BerthError(`--${name} is missing`, { hint: "see --help" });
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  printError(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
