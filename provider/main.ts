import { dirname } from "node:path";
import grpc from "@grpc/grpc-js";
import { ManifestFileHandler } from "./manifest-file.ts";
import { createServer } from "./server.ts";

/** How often to look whether the engine still runs. */
const PARENT_CHECK_MS = 1000;
/** How long calls that are under way may take to end; the engine itself waits 5 s. */
const SHUTDOWN_MS = 4000;

/**
 * Starts the provider: prints the port for the engine, serves, and ends on the engine's interrupt or
 * when the engine is gone. A killed engine sends nothing, but the process then gets a new parent.
 */
function main(): void {
  const engine = process.ppid;
  const server = createServer([new ManifestFileHandler(dirname(import.meta.dirname))]);
  let isEnding = false;
  const end = (): void => {
    if (isEnding) return;
    isEnding = true;
    server.tryShutdown(() => process.exit(0));
    setTimeout(() => process.exit(0), SHUTDOWN_MS).unref();
  };
  process.on("SIGINT", end);
  process.on("SIGTERM", end);
  setInterval(() => {
    if (process.ppid !== engine) end();
  }, PARENT_CHECK_MS).unref();
  server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
    if (error !== null) {
      process.stderr.write(`Berth's provider cannot listen on 127.0.0.1: ${error.message}\n`);
      process.exit(1);
    }
    process.stdout.write(`${String(port)}\n`);
  });
}

main();
