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

/** Where a home's server really lives, and as whom it runs. */
export interface Place {
  readonly home: string;
  /** The home itself, or its stand-in below `/var/tmp`. */
  readonly root: string;
  readonly data: string;
  readonly logFile: string;
  readonly user: SystemUser | undefined;
}

const SHARED = "/var/tmp";

/**
 * Where the server of a home lives. That is the home, except for root with a home that the server's
 * user cannot get at (a checkout below `/root`, a `mkdtemp` directory): then a directory named by a
 * hash of the home, below `/var/tmp`, which survives a reboot. The same home always gives the same
 * place: a server stays where it was made, even if the home's reachability has changed since.
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

/** Finds the place of a home, and makes its directories. */
export function makePlace(home: string): Place {
  // The home first: made under a strict umask, it may be out of the server user's reach.
  mkdirSync(home, { recursive: true });
  const place = findPlace(home);
  if (place.root !== place.home) makeOwnDirectory(place.root);
  return place;
}

/**
 * The binaries where the server's user can run them: where they are, or a copy below `/var/tmp`,
 * one a version, made complete under another name and renamed.
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
    // Another process was first: its copy is as good as ours.
    if (!existsSync(copy)) throw error;
  }
}

/** npm under a strict umask leaves files only root can read: give everyone what the owner has. */
function openForReading(path: string): void {
  const stats = lstatSync(path);
  if (stats.isSymbolicLink()) return;
  chmodSync(path, stats.isDirectory() || (stats.mode & 0o100) !== 0 ? 0o755 : 0o644);
  if (!stats.isDirectory()) return;
  for (const name of readdirSync(path)) openForReading(join(path, name));
}

/**
 * A directory of ours in `/var/tmp`, where everybody may make one of any name: what is there
 * already counts only if it is a real directory, ours, and closed to others' writing.
 */
function makeOwnDirectory(path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o755 });
  const stats = lstatSync(path);
  const isOurs = stats.isDirectory() && stats.uid === process.getuid?.();
  if (!isOurs || (stats.mode & 0o022) !== 0) {
    throw new BerthError(`${path} is there already and is not a private directory of this user`, {
      hint: `look at who made it, then remove it`,
    });
  }
  chmodSync(path, 0o755);
}

/** Gives a file or directory to the server's user, where that is another than ours. */
export function giveTo(path: string, user: SystemUser | undefined): void {
  if (user !== undefined) chownSync(path, user.uid, user.gid);
}
