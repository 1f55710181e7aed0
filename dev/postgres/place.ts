import { createHash } from "node:crypto";
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
} from "node:fs";
import { basename, join, resolve } from "node:path";
import { BerthError } from "../../components/errors.ts";
import { type PostgresBinaries, toBinaries } from "./binaries.ts";
import { canReach, findSystemUser, type SystemUser } from "./run-as.ts";

/** The directories of a home's server, and the user that it runs as. */
export interface Place {
  readonly home: string;
  /** The home itself, or a directory below `/var/tmp`. */
  readonly root: string;
  readonly data: string;
  readonly logFile: string;
  readonly user: SystemUser | undefined;
}

const SHARED = "/var/tmp";

/**
 * Finds the directory of a home's server. It is the home itself, except if Berth runs as root and the
 * server's user has no access to the home (a checkout below `/root`, a `mkdtemp` directory). Then it is a
 * directory below `/var/tmp`, which survives a reboot, named by a hash of the home. The same home always
 * gives the same directory, even if the access to the home has changed.
 */
export function findPlace(home: string): Place {
  const absolute = resolve(home);
  const user = findSystemUser();
  const hash = createHash("sha256").update(absolute).digest("hex").slice(0, 12);
  const elsewhere = join(SHARED, `berth-${hash}`);
  const isElsewhere =
    user !== undefined &&
    !existsSync(join(absolute, "data")) &&
    (existsSync(join(elsewhere, "data")) || !canReach(absolute, user));
  const root = isElsewhere ? elsewhere : absolute;
  return {
    home: absolute,
    root,
    data: join(root, "data"),
    logFile: join(root, "postgres.log"),
    user,
  };
}

export function makePlace(home: string): Place {
  // The home first: with a strict umask the server's user may have no access to it.
  mkdirSync(home, { recursive: true });
  const place = findPlace(home);
  if (place.root !== place.home) makeOwnDirectory(place.root);
  return place;
}

/**
 * Binaries that the server's user can run: the given ones, or a copy below `/var/tmp`, one per version.
 */
export function toReachable(
  binaries: PostgresBinaries,
  user: SystemUser | undefined,
): PostgresBinaries {
  if (user === undefined || isUsable(binaries, user)) return binaries;
  const cache = join(SHARED, "berth-postgres");
  makeOwnDirectory(cache);
  const copy = join(cache, `${binaries.version}-${process.platform}-${process.arch}`);
  if (!existsSync(copy)) copyBinaries(binaries, cache, copy);
  return toBinaries(join(copy, basename(binaries.native)), binaries.version);
}

function isUsable(binaries: PostgresBinaries, user: SystemUser): boolean {
  const samples = ["lib", join("share", "postgresql"), join("bin", "postgres")];
  return samples.every((sample) => canReach(join(binaries.native, sample), user));
}

function copyBinaries(binaries: PostgresBinaries, cache: string, copy: string): void {
  const draft = join(cache, `.draft-${String(process.pid)}`);
  rmSync(draft, { recursive: true, force: true });
  cpSync(binaries.native, join(draft, basename(binaries.native)), {
    recursive: true,
    verbatimSymlinks: true,
  });
  openForReading(draft);
  try {
    renameSync(draft, copy);
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    // Another process was faster, and its copy is the same.
    if (!existsSync(copy)) throw error;
  }
}

/** With a strict umask npm leaves files that only root can read. Gives everyone the owner's access. */
function openForReading(path: string): void {
  const stats = lstatSync(path);
  if (stats.isSymbolicLink()) return;
  chmodSync(path, stats.isDirectory() || (stats.mode & 0o100) !== 0 ? 0o755 : 0o644);
  if (!stats.isDirectory()) return;
  for (const name of readdirSync(path)) openForReading(join(path, name));
}

/**
 * Makes a directory in `/var/tmp`, where everybody may create one of any name. An existing one is only
 * accepted if it is a real directory, belongs to this user, and others cannot write to it.
 */
function makeOwnDirectory(path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o755 });
  const stats = lstatSync(path);
  const isOurs = stats.isDirectory() && stats.uid === process.getuid?.();
  if (!isOurs || (stats.mode & 0o022) !== 0) {
    throw new BerthError(`${path} exists and is not a private directory of this user`, {
      hint: "find out who made it, then remove it",
    });
  }
  chmodSync(path, 0o755);
}

export function giveTo(path: string, user: SystemUser | undefined): void {
  if (user !== undefined) chownSync(path, user.uid, user.gid);
}
