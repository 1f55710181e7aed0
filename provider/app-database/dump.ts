import { spawn } from "node:child_process";
import { once } from "node:events";
import { type FileHandle, mkdir, mkdtemp, open, rename, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";

import type { TlsSpec } from "../../components/config/spec/postgres.ts";
import { BerthError, messageOf } from "../../components/errors.ts";
import type { Credential } from "../../components/onepassword/credential.ts";
import { adminSettings, toStartupOptions } from "../../components/postgres/server/session.ts";
import { toLibpqTls } from "../../components/postgres/server/tls.ts";
import { projectFolder } from "../../components/project-folder.ts";
import { holdLineBreaks } from "../../components/terminal-text.ts";
import type { Endpoint } from "../../components/tunnel/endpoint.ts";
import { listenLocally } from "../../components/tunnel/local-port.ts";

export interface DumpRequest {
  readonly app: string;
  readonly database: string;
  /** Relative to the project folder. It is created if it does not exist. */
  readonly directory: string;
  readonly endpoint: Endpoint;
  readonly tls: TlsSpec;
  readonly admin: Credential;
}

/**
 * Writes a database with `pg_dump` into a new file, in the custom format of `pg_restore`, and returns the
 * file's path. The file exists only when it is complete, and only its owner may read it. pg_dump gets the
 * password through a file that is unlinked before the password is in it: an environment variable is visible in
 * /proc, and a killed run would leave a named file behind.
 *
 * @see https://www.postgresql.org/docs/current/app-pgdump.html
 */
export async function dumpDatabase(request: DumpRequest): Promise<string> {
  const { app, database } = request;
  const directory = path.resolve(projectFolder, request.directory);
  const stamp = new Date().toISOString().replaceAll(/[:.-]/g, "");
  // The name of a database may contain `/`.
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
    const reason = messageOf(error);
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
  // Created empty with mode 0600, so nobody else can ever read it.
  const dump = await open(file, "wx", 0o600);
  const passwords = await openPasswordFile(request.admin);
  try {
    const child = spawn("pg_dump", ["--format=custom", "--no-password"], {
      env: toEnvironment(request, port),
      stdio: ["ignore", dump.fd, "pipe", passwords.fd],
    });
    const [said, [code]] = await Promise.all([
      text(child.stderr as Readable),
      once(child, "close") as Promise<[number | null]>,
    ]);
    if (code !== 0) throw new Error(holdLineBreaks(said.trim()) || "it did not say why");
    await dump.sync();
  } finally {
    await passwords.close();
    await dump.close();
  }
}

/**
 * A password file for libpq's PGPASSFILE. libpq accepts only a plain file that only its owner may read.
 *
 * @see https://www.postgresql.org/docs/current/libpq-pgpass.html
 */
async function openPasswordFile(admin: Credential): Promise<FileHandle> {
  const folder = await mkdtemp(path.join(tmpdir(), "berth-"));
  try {
    const handle = await open(path.join(folder, "pgpass"), "wx+", 0o600);
    await rm(folder, { recursive: true });
    const password = admin.revealPassword().replaceAll(/[\\:]/g, "\\$&");
    // Written at position 0 without moving the offset, because a child that inherits the file reads from there.
    await handle.write(`*:*:*:*:${password}\n`, 0);
    return handle;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** libpq's variables only: this process's own may hold secrets of 1Password and Pulumi. */
function toEnvironment(
  { tls, admin, database }: DumpRequest,
  port: number,
): Record<string, string> {
  return {
    PATH: process.env["PATH"] ?? "",
    LC_ALL: "C",
    // The certificate is checked against this name, whatever the address is.
    PGHOST: tls.serverName,
    PGHOSTADDR: "127.0.0.1",
    PGPORT: String(port),
    PGUSER: admin.username,
    PGPASSFILE: "/dev/fd/3",
    PGDATABASE: database,
    ...toLibpqTls(tls, tls.caFile),
    PGCONNECT_TIMEOUT: "10",
    PGOPTIONS: toStartupOptions({ ...adminSettings, idle_session_timeout: "0" }),
  };
}
