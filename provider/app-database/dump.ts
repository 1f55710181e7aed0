import { mkdir, open, rename, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { execa } from "execa";
import type { TlsSpec } from "../../components/config/spec.ts";
import { BerthError } from "../../components/errors.ts";
import type { Credential } from "../../components/onepassword/credential.ts";
import { adminSettings, toStartupOptions } from "../../components/postgres/server/session.ts";
import { toLibpqTls } from "../../components/postgres/server/tls.ts";
import { projectFolder } from "../../components/project-folder.ts";
import type { Endpoint } from "../../components/tunnel/endpoint.ts";
import { listenLocally } from "../../components/tunnel/local-port.ts";

/** What is dumped, and how the server is reached. */
export interface DumpRequest {
  readonly app: string;
  readonly database: string;
  /** Made if it does not exist. Relative to the project folder. */
  readonly directory: string;
  readonly endpoint: Endpoint;
  readonly tls: TlsSpec;
  readonly admin: Credential;
}

/**
 * Writes a database into a file of its own with `pg_dump`, in the custom format that `pg_restore`
 * reads, and returns the file's path. The file is there whole or not at all, and only its owner may
 * read it. The password goes to pg_dump in its environment, never in an argument or a file.
 *
 * @see https://www.postgresql.org/docs/current/app-pgdump.html
 */
export async function dumpDatabase(request: DumpRequest): Promise<string> {
  const { app, database } = request;
  const directory = path.resolve(projectFolder, request.directory);
  const stamp = new Date().toISOString().replaceAll(/[:.-]/g, "");
  // A database may be called anything; the file stays in its folder.
  const target = path.join(directory, `${encodeURIComponent(database)}-${stamp}.dump`);
  const part = `${target}.part`;
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const open = () => request.endpoint.connect();
  const local = await listenLocally(0, { open, isBackground: false });
  try {
    await runPgDump(request, local.port, part);
    if ((await stat(part)).size === 0) throw new Error("pg_dump wrote nothing");
    await rename(part, target);
    return target;
  } catch (error) {
    await rm(part, { force: true });
    const reason = error instanceof Error ? error.message : String(error);
    throw new BerthError(
      `app ${app}: database "${database}" could not be dumped, so it was not dropped: ${reason}`,
      {
        hint: "pg_dump has to be on the PATH and no older than the server; or take berth:postgres.dumpDirectory out of the stack file and dump by other means",
      },
    );
  } finally {
    await local.close();
  }
}

async function runPgDump(request: DumpRequest, port: number, file: string): Promise<void> {
  // Made before anything is in it, so that nobody else ever reads it.
  await writeFile(file, "", { flag: "wx", mode: 0o600, flush: true });
  const result = await execa("pg_dump", ["--format=custom", "--no-password"], {
    extendEnv: false,
    env: toEnvironment(request, port),
    stdin: "ignore",
    stdout: { file },
    reject: false,
  });
  if (result.failed) {
    const text = result.stderr.trim();
    throw new Error(text === "" ? (result.originalMessage ?? "it did not say why") : text);
  }
  const handle = await open(file, "r+");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** libpq's variables and nothing of this process's own: neither 1Password's nor Pulumi's secrets. */
function toEnvironment(
  { tls, admin, database }: DumpRequest,
  port: number,
): Record<string, string> {
  return {
    PATH: process.env["PATH"] ?? "",
    LC_ALL: "C",
    // The certificate is checked against the name, whatever the address is.
    PGHOST: tls.serverName,
    PGHOSTADDR: "127.0.0.1",
    PGPORT: String(port),
    PGUSER: admin.username,
    PGPASSWORD: admin.revealPassword(),
    PGDATABASE: database,
    ...toLibpqTls(tls, tls.caFile),
    PGCONNECT_TIMEOUT: "10",
    PGOPTIONS: toStartupOptions({ ...adminSettings, idle_session_timeout: "0" }),
  };
}
