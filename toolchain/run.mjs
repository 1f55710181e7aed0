/**
 * Runs one of Berth's scripts with a Node that supports it, after installing what a new clone lacks: `node
 * toolchain/run.mjs dev/start.ts [arguments]`. Plain JavaScript for Node 18 and newer, because any Node on PATH
 * may run it.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** How often to report the progress of the installation. */
const INSTALL_BEAT_MS = 10_000;

/** A failure with a text for the user and no stack. */
class Problem extends Error {}

/**
 * Whether this Node runs TypeScript without a flag.
 * @param {string} version as in `process.versions.node`
 */
export function canRunTypeScript(version) {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major >= 24 || (major === 23 && minor >= 6) || (major === 22 && minor >= 18);
}

/**
 * Whether the npm packages in `root` are those of its package-lock.json. A stamp from a finished install says
 * so. Without a stamp, a manual `npm install` counts if npm's own record agrees with the lock file.
 * @param {string} root
 */
export function isInstalled(root) {
  const stamp = readIfThere(join(root, "node_modules", ".berth-lock"));
  if (stamp === lockHash(root)) return true;
  const noted = readIfThere(join(root, "node_modules", ".package-lock.json"));
  if (noted === undefined) return false;
  const have = JSON.parse(noted).packages;
  const want = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")).packages;
  return Object.entries(want).every(
    ([path, { version, optional }]) =>
      path === "" || have[path]?.version === version || (optional === true && !have[path]),
  );
}

/** Stores that the packages in `root` are those of its package-lock.json. @param {string} root */
export function recordInstalled(root) {
  writeFileSync(join(root, "node_modules", ".berth-lock"), lockHash(root));
}

/**
 * The Node for scripts: this one if it is new enough, else the npm package's.
 * @param {string} root
 * @param {{ version: string, execPath: string }} current
 */
export function chooseNode(root, current) {
  if (canRunTypeScript(current.version)) return current.execPath;
  const fromNpm = join(root, "node_modules", "node", "bin", "node");
  if (existsSync(fromNpm)) return fromNpm;
  throw new Problem(
    `Berth needs Node 22.18 or newer; this is ${current.version}, and the one that comes as the npm\n` +
      "package `node` is not there: npm did not run its install script. Do one of these:\n" +
      "  - npm rebuild node --ignore-scripts=false   (npm 12 and newer: npm install-scripts approve node first)\n" +
      "  - install Node 24",
  );
}

/** Installs exactly what package-lock.json names, and reports progress. */
async function install(root) {
  process.stderr.write("installing npm packages, once (about a minute)\n");
  const start = Date.now();
  const seconds = () => `${Math.round((Date.now() - start) / 1000)} s`;
  const beating = setInterval(() => {
    process.stderr.write(`  still installing, ${seconds()}: ${countInstalled(root)}\n`);
  }, INSTALL_BEAT_MS);
  const args = ["ci", "--include=dev", "--no-fund", "--no-audit", "--loglevel=error"];
  const npm = spawn("npm", args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
  let [stdout, stderr] = ["", ""];
  npm.stdout.on("data", (text) => (stdout += text));
  npm.stderr.on("data", (text) => (stderr += text));
  const status = await new Promise((resolve, reject) => {
    npm.on("error", ({ message }) =>
      reject(new Problem(`Cannot run npm (${message}). Install Node 24, which brings it.`)),
    );
    npm.on("close", resolve);
  }).finally(() => clearInterval(beating));
  if (status !== 0) {
    // npm prints the cause first, then usage and the path of its log.
    const cause = `${stderr}\n${stdout}`.trim().split("\n").slice(0, 20).join("\n");
    throw new Problem(`npm ci failed:\n${cause}\nFix the cause and run the same command again.`);
  }
  recordInstalled(root);
  process.stderr.write(`npm packages installed in ${seconds()}\n`);
}

/** `123 of 640 packages`: how many of package-lock.json are installed. */
function countInstalled(root) {
  const { packages } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
  const paths = Object.keys(packages).filter((path) => path !== "" && !packages[path].optional);
  const there = paths.filter((path) => existsSync(join(root, path, "package.json")));
  return `${there.length} of ${paths.length} packages`;
}

/** Runs the script and ends with its exit code, or by the signal that ended it. */
function run(root, node, [script = "", ...rest]) {
  const path = [join(root, "node_modules", ".bin"), dirname(node), process.env.PATH ?? ""];
  // Node 22 warns at every start that TypeScript support is experimental.
  const flags = ["--disable-warning=ExperimentalWarning"];
  // Before the start: a signal right after it would end this process and not the child.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.on(signal, () => {
      // In a terminal Ctrl-C reaches the child without this process. At a second signal Pulumi gives up.
      if (signal === "SIGINT" && process.stdin.isTTY) return;
      child.kill(signal);
    });
  }
  const child = spawn(node, [...flags, join(root, script), ...rest], {
    stdio: "inherit",
    env: { ...process.env, PATH: path.join(delimiter) },
  });
  child.on("error", (error) => fail(new Problem(`Cannot start ${node}: ${error.message}`)));
  child.on("exit", (code, signal) => {
    process.exit(signal === null ? (code ?? 1) : 128 + (constants.signals[signal] ?? 0));
  });
}

function fail(error) {
  process.stderr.write(`${error instanceof Problem ? error.message : error.stack}\n`);
  process.exit(1);
}

function lockHash(root) {
  return createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .digest("hex");
}

function readIfThere(file) {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

async function main() {
  const root = dirname(dirname(fileURLToPath(import.meta.url)));
  const args = process.argv.slice(2);
  if (args.length === 0) throw new Problem("Usage: node toolchain/run.mjs <script> [arguments]");
  if (!isInstalled(root)) await install(root);
  else if (!existsSync(join(root, "node_modules", ".berth-lock"))) recordInstalled(root);
  const current = { version: process.versions.node, execPath: process.execPath };
  run(root, chooseNode(root, current), args);
}

if (
  process.argv[1] !== undefined &&
  realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)
) {
  main().catch(fail);
}
