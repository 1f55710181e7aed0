import path from "node:path";
import { parseArgs } from "node:util";
import { paint, print, printError, printFile } from "../cli/print.ts";
import { describeFailure } from "../cli/terminal/describe-failure.ts";
import { outliveOutput } from "../cli/terminal/outlive-output.ts";
import { describeCheck } from "../cli/verify/check.ts";
import type { Verdict } from "../cli/verify/verb.ts";
import { loadStackFromFile } from "../components/config/load.ts";
import type { StackSpec } from "../components/config/spec.ts";
import { requireUnlocked } from "../components/engine/stack-locks.ts";
import { BerthError } from "../components/errors.ts";
import { projectFolder } from "../components/project-folder.ts";
import { ensureToolchain, type Toolchain } from "../toolchain/ensure.ts";
import { reopenCluster } from "./cluster/reopen.ts";
import { keepToSandbox } from "./environment.ts";
import { Interruption } from "./interruption.ts";
import { readNeighbour } from "./neighbour-check.ts";
import { ensurePlugins, ensureStack, pulumiDefaults, runPulumi } from "./pulumi/cli.ts";
import { backendOf, releaseOwnLock } from "./pulumi/own-lock.ts";
import {
  devHome,
  isSandboxRunning,
  neighbour,
  openSandbox,
  removeSandbox,
  type Sandbox,
  stopSandbox,
  vaultHomeOf,
  writePasswordFile,
} from "./sandbox.ts";
import { isOnCluster } from "./stack-file.ts";
import { Stopwatch } from "./stopwatch.ts";
import { leaveVault, openSandboxVault } from "./vault/sandbox-vault.ts";
import { removeVault } from "./vault/server.ts";
import { verifySandbox } from "./verify-sandbox.ts";

/**
 * `npm start`: all of Berth on this machine. Runs `pulumi up` of stack `dev` against an embedded Postgres that
 * a neighbour uses, then proves that every role can do what it should and no more.
 */

const help = `npm start               bring up the sample apps on this machine, and prove that they work
npm start -- --cluster  the same on a real Kubernetes API server: Postgres through a real port-forward,
                        manifests applied in cluster mode, and the 1Password operator making the
                        Secrets (see npm run cluster -- --help)
npm start -- --vault    the same with one more app, whose logins a real Vault makes: pulumi up makes
                        all inside Vault, and verify takes a login from it
npm start -- --stop     stop the servers; what they hold stays, and npm start goes on with it
npm start -- --down     stop the servers and remove all that npm start made
npm start -- --help     this text

The servers keep running afterwards, so that you can look around: Postgres, the stand-in for
1Password Connect, and the cluster or Vault if there is one. Everything is in .berth/dev.
`;

async function main(): Promise<number> {
  const flag = { type: "boolean", default: false } as const;
  const options = { down: flag, stop: flag, cluster: flag, vault: flag, help: flag };
  const { values } = parseArgs({ options });
  if (values.help) {
    printFile(help);
    return 0;
  }
  if (values.down || values.stop) {
    await (values.down ? removeSandbox(devHome) : stopSandbox(devHome));
    print(values.down ? "removed: servers, data, state and manifests in .berth/dev" : "stopped");
    return 0;
  }
  if (values.cluster && values.vault) {
    throw new BerthError("npm start: --cluster and --vault do not go together", {
      hint: "leave one of them out",
    });
  }
  keepToSandbox();
  const interruption = new Interruption(isSandboxRunning(devHome));
  try {
    if (values.cluster) return await startOnCluster(interruption);
    return await (values.vault ? startWithVault(interruption) : start(interruption));
  } finally {
    await interruption.stopping;
  }
}

async function start(interruption: Interruption): Promise<number> {
  const watch = new Stopwatch();
  const toolchain = await watch.time("toolchain", () => ensureToolchain(print));
  print("Starting Postgres and the stand-in for 1Password Connect");
  const sandbox = await watch.time("servers", async () => {
    const opened = await openSandbox({ home: devHome });
    if (!isOnCluster(opened.stackFile)) return await leaveVault(opened);
    // The cluster is needed to delete the objects in it.
    await reopenCluster(opened);
    return await openSandbox({ home: devHome, place: "machine" });
  });
  const code = await bringUp({ watch, interruption, toolchain, sandbox });
  if (code === 0) await removeVault(vaultHomeOf(devHome));
  return code;
}

async function startWithVault(interruption: Interruption): Promise<number> {
  const watch = new Stopwatch();
  const { ensureVaultServer } = await import("../toolchain/cluster.ts");
  const program = await watch.time("toolchain", () => ensureVaultServer(print));
  const toolchain = await ensureToolchain(print);
  print("Starting Postgres, the stand-in for 1Password Connect, and Vault");
  const sandbox = await watch.time("servers", async () => {
    const opened = await openSandbox({ home: devHome });
    if (isOnCluster(opened.stackFile)) await reopenCluster(opened);
    return await openSandboxVault({ home: devHome, place: "machine" }, program);
  });
  // `verify` finds Vault by them.
  Object.assign(process.env, sandbox.env);
  return await bringUp({ watch, interruption, toolchain, sandbox });
}

async function startOnCluster(interruption: Interruption): Promise<number> {
  const watch = new Stopwatch();
  const { ensureClusterToolchain } = await import("../toolchain/cluster.ts");
  const toolchain = await watch.time("toolchain", () =>
    ensureClusterToolchain(print, ["kubernetes"]),
  );
  const { listItems, openSandboxCluster, waitForSecrets } = await import(
    "./cluster/sandbox-cluster.ts"
  );
  print("Starting Postgres, the stand-in for 1Password Connect, and a Kubernetes API server");
  const { sandbox, cluster, keep } = await watch.time("servers", async () => {
    const opened = await leaveVault(await openSandbox({ home: devHome, place: "cluster" }));
    return { sandbox: opened, ...(await openSandboxCluster(opened, toolchain.cluster)) };
  });
  const code = await bringUp({ watch, interruption, toolchain, sandbox }, async () => {
    print("Waiting for the operator to make the Secrets");
    return await watch.time("operator", async () =>
      waitForSecrets(cluster, await listItems(cluster)),
    );
  });
  if (code === 0) await removeVault(vaultHomeOf(devHome));
  await keep();
  return code;
}

interface Run {
  readonly watch: Stopwatch;
  readonly interruption: Interruption;
  readonly toolchain: Toolchain;
  readonly sandbox: Sandbox;
}

/** @param waitForOperator Waits for the Secrets in the cluster and returns their names. */
async function bringUp(
  { watch, interruption, toolchain, sandbox }: Run,
  waitForOperator?: () => Promise<string[]>,
): Promise<number> {
  await watch.time("toolchain", () => ensurePlugins(sandbox, print));
  await watch.time("pulumi up", () => ensureStack(toolchain, sandbox));
  releaseOwnLock(sandbox);
  requireUnlocked(backendOf(sandbox), sandbox.stack);
  const before = await watch.time("neighbour", () => readNeighbour(sandbox));
  print("Running pulumi up");
  const args = ["up", "--yes", "--skip-preview", "--suppress-outputs", "--suppress-progress"];
  const options = { output: "both", env: pulumiDefaults() } as const;
  const up = await watch.time("pulumi up", () =>
    interruption.waitFor(runPulumi(toolchain, sandbox, args, options)),
  );
  if (up.exitCode !== 0) {
    throw new BerthError("pulumi up failed; what it printed above says why", {
      hint: "correct that, then run npm start again: it goes on from here",
    });
  }
  const secrets = await waitForOperator?.();
  const spec = loadStackFromFile(sandbox.stack, projectFolder, sandbox.stackFile);
  const verdict = await watch.time("verify", () => verifySandbox(sandbox));
  const isSame = before === (await watch.time("neighbour", () => readNeighbour(sandbox)));
  print("");
  printVerdict(spec, verdict);
  const state = isSame ? "byte for byte what it was" : "NOT what it was";
  print(showEnd(isSame), ` ${neighbour}: select 1 answers, and it is ${state}`);
  if (secrets !== undefined) {
    const made = `the operator made ${String(secrets.length)} Secrets: ${secrets.join(", ")}`;
    print(showEnd(true), ` ${made}`);
  }
  print("");
  printPlaces(sandbox, secrets !== undefined);
  print("");
  print(`took ${watch.report()}`);
  const changed = countChanges(up.output);
  print(`up: ${changed === 0 ? "no" : String(changed)} ${changed === 1 ? "change" : "changes"}`);
  return verdict.ok && isSame ? 0 : 1;
}

/** The number of changes in Pulumi's summary: `    + 12 created`, `    34 unchanged`. */
function countChanges(output: string): number {
  const lines = output.matchAll(/^\s+\S+ (\d+) (?:created|updated|deleted|replaced|imported)\b/gm);
  return [...lines].reduce((sum, [, count]) => sum + Number(count), 0);
}

function showEnd(ok: boolean) {
  return paint(ok ? "green" : "red", ok ? "ok    " : "failed");
}

function printVerdict(spec: StackSpec, verdict: Verdict): void {
  const warnings = new Set<string>();
  for (const { app: name, checks } of verdict.apps) {
    const app = spec.apps.find((found) => found.name === name);
    const roles = app?.roles.map((role) => `${role.profile} ${role.name}`) ?? [];
    const made = [`database ${app?.database.name ?? ""}`, ...roles].join(", ");
    const failed = checks.filter((check) => !check.ok);
    const counts = `${String(checks.length - failed.length)} of ${String(checks.length)} checks`;
    print(showEnd(failed.length === 0), ` ${name}: ${made}: ${counts}`);
    for (const check of failed) print(`       ${describeCheck(check)}`);
    for (const check of checks.filter((c) => c.warning)) warnings.add(describeCheck(check));
  }
  for (const warning of warnings) print(paint("yellow", "note  "), ` ${warning}`);
}

/** Where all of it is, and what can be done with it. */
function printPlaces(sandbox: Sandbox, hasCluster: boolean): void {
  const { host, port } = sandbox.superuser;
  const at = (name: string): string => path.relative(projectFolder, path.join(sandbox.home, name));
  if (!hasCluster) print(`manifests   ${at("gitops")}`);
  const passwords = path.relative(projectFolder, writePasswordFile(sandbox));
  print(`connect     PGPASSFILE=${passwords} psql -h ${host} -p ${String(port)} -U netbox netbox`);
  if (hasCluster) {
    const kubectl = `kubectl --kubeconfig ${at("cluster/kubeconfig")} --context admin`;
    print(`cluster     ${kubectl} get onepassworditems,applications,secrets -A`);
  }
  const vault = sandbox.env["VAULT_ADDR"];
  if (vault !== undefined) {
    print(`vault       ${vault}, its first token is in ${at("vault/keys.json")}`);
  }
  print("next        npm run add -- wiki --stack dev");
  print("look        npm run verify -- --stack dev, npm run preview -- --stack dev");
  print("stop        npm start -- --stop, or --down to remove everything");
}

outliveOutput();
process.exitCode = await main().catch((error: unknown) => {
  printError(describeFailure(error, "npm start -- --help shows the options"));
  return 2;
});
