import { setTimeout as delay } from "node:timers/promises";
import grpc from "@grpc/grpc-js";
import { isOffline } from "../components/config/environment.ts";
import { readAdminItem, readVaultLogin } from "../components/onepassword/admin.ts";
import { projectFolder } from "../components/project-folder.ts";
import { AppDatabaseHandler } from "./app-database/handler.ts";
import { RunReports } from "./app-database/run-reports.ts";
import { GitCommitHandler } from "./git-commit/handler.ts";
import { ManifestFileHandler } from "./manifest-file/handler.ts";
import { CallsUnderWay } from "./rpc/calls-under-way.ts";
import { reportTo } from "./rpc/engine-log.ts";
import { Refusals } from "./rpc/refusals.ts";
import type { ResourceHandler } from "./rpc/resource-handler.ts";
import { createServer } from "./rpc/server.ts";
import { VaultConnectionHandler } from "./vault-connection/handler.ts";
import { VaultGrantHandler } from "./vault-grant/handler.ts";

/** How often to check that the engine still runs. */
const ENGINE_CHECK_MS = 1000;
/** How long running calls may take to end their statement. */
const CALLS_MS = 3500;
/** How long their answers may take to be sent. */
const ANSWERS_MS = 100;
/** The process ends after this time. The engine waits 5 s. */
const SHUTDOWN_MS = 4500;

/**
 * Starts the provider: prints the port for the engine, serves, and ends when the engine interrupts it or has
 * ended. A killed engine sends no signal, but this process then gets another parent.
 */
function main(): void {
  const engine = process.ppid;
  const report = reportTo(findEngineAddress(process.argv));
  const refusals = new Refusals(report);
  const files = new ManifestFileHandler(projectFolder, report, refusals);
  const run = { report, refusals, isOffline: isOffline() };
  const databases = new AppDatabaseHandler(
    new RunReports(report, refusals),
    run.isOffline,
    readAdminItem,
  );
  const handlers: readonly ResourceHandler[] = [
    files,
    new GitCommitHandler(projectFolder, files, report),
    databases,
    new VaultGrantHandler({ ...run, server: () => databases.requireServer() }),
    new VaultConnectionHandler({ ...run, readLogin: readVaultLogin }),
  ];
  const calls = new CallsUnderWay();
  const server = createServer(handlers, calls);
  let isEnding = false;
  const end = (): void => {
    if (isEnding) return;
    isEnding = true;
    setTimeout(() => process.exit(0), SHUTDOWN_MS).unref();
    void finish(server, handlers, calls).then(() => process.exit(0));
  };
  process.on("SIGINT", end);
  process.on("SIGTERM", end);
  setInterval(() => {
    if (process.ppid !== engine) end();
  }, ENGINE_CHECK_MS).unref();
  // Writing the port fails if the engine has already ended.
  process.stdout.on("error", end);
  server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
    if (error !== null) {
      process.stderr.write(`Berth's provider cannot listen on 127.0.0.1: ${error.message}\n`);
      process.exit(1);
    }
    process.stdout.write(`${String(port)}\n`);
  });
}

/** Accepts no more calls, waits for running ones, and closes the sessions. */
async function finish(
  server: grpc.Server,
  handlers: readonly ResourceHandler[],
  calls: CallsUnderWay,
): Promise<void> {
  for (const handler of handlers) handler.cancel?.();
  // tryShutdown does not always call back: not while a connection is open or just being closed by the engine.
  const shutDown = new Promise<void>((resolve) => {
    server.tryShutdown(() => {
      resolve();
    });
  });
  await Promise.race([calls.end(), delay(CALLS_MS)]);
  // Without a Terminate message the server keeps the session until the network reports the end, maybe never.
  const closing = handlers.map(async (handler) => {
    await handler.close?.();
  });
  await Promise.allSettled(closing);
  await Promise.race([shutDown, delay(ANSWERS_MS)]);
}

/** The address of the engine is an argument after its flags. */
function findEngineAddress(args: readonly string[]): string | undefined {
  return args.slice(2).findLast((arg) => /^[^-].*:\d+$/.test(arg));
}

main();
