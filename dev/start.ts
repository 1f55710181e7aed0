import path from "node:path";
import { parseArgs } from "node:util";
import { paint, print, printError, printFile } from "../cli/print.ts";
import { describeFailure } from "../cli/terminal/describe-failure.ts";
import { outliveOutput } from "../cli/terminal/outlive-output.ts";
import { describeCheck } from "../cli/verify/check.ts";
import { type Verdict, verifyStack } from "../cli/verify/verb.ts";
import { loadStackFromFile } from "../components/config/load.ts";
import { requireUnlocked } from "../components/engine/stack-locks.ts";
import { BerthError } from "../components/errors.ts";
import { readStackItems } from "../components/onepassword/stack-items.ts";
import { readThroughClient } from "../components/onepassword/through-client.ts";
import { projectFolder } from "../components/project-folder.ts";
import type { Toolchain } from "../toolchain/ensure.ts";
import { reopenCluster } from "./cluster/reopen.ts";
import { keepToSandbox } from "./environment.ts";
import { Interruption } from "./interruption.ts";
import { readNeighbour } from "./neighbour-check.ts";
import { backendOf, releaseOwnLock } from "./own-lock.ts";
import {
  ensurePlugins,
  ensureStack,
  openToolchain,
  pulumiDefaults,
  runPulumi,
} from "./pulumi-cli.ts";
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

const say = print;

async function main(): Promise<number> {
  const options = {
    down: { type: "boolean", default: false },
    stop: { type: "boolean", default: false },
    cluster: { type: "boolean", default: false },
    vault: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  } as const;
  const { values } = parseArgs({ options });
  if (values.help) {
    printFile(help);
    return 0;
  }
  if (values.down || values.stop) {
    await (values.down ? removeSandbox(devHome) : stopSandbox(devHome));
    say(values.down ? "removed: servers, data, state and manifests in .berth/dev" : "stopped");
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
  const toolchain = await watch.time("toolchain", () => openToolchain(say));
  say("Starting Postgres and the stand-in for 1Password Connect");
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
  const program = await watch.time("toolchain", () => ensureVaultServer(say));
  const toolchain = await openToolchain(say);
  say("Starting Postgres, the stand-in for 1Password Connect, and Vault");
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
    ensureClusterToolchain(say, ["kubernetes"]),
  );
  const { listItems, openSandboxCluster, waitForSecrets } = await import(
    "./cluster/sandbox-cluster.ts"
  );
  say("Starting Postgres, the stand-in for 1Password Connect, and a Kubernetes API server");
  const { sandbox, cluster, keep } = await watch.time("servers", async () => {
    const opened = await leaveVault(await openSandbox({ home: devHome, place: "cluster" }));
    return { sandbox: opened, ...(await openSandboxCluster(opened, toolchain.cluster)) };
  });
  const code = await bringUp({ watch, interruption, toolchain, sandbox }, async () => {
    say("Waiting for the operator to make the Secrets");
    return await watch.time("operator", async () =>
      waitForSecrets(cluster, await listItems(cluster)),
    );
  });
  if (code === 0) await removeVault(vaultHomeOf(devHome));
  await keep();
  return code;
}

/** What a run needs after its servers have started. */
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
  await watch.time("toolchain", () => ensurePlugins(sandbox, say));
  await watch.time("pulumi up", () => ensureStack(toolchain, sandbox));
  releaseOwnLock(sandbox);
  requireUnlocked(backendOf(sandbox), sandbox.stack);
  const before = await watch.time("neighbour", () => readNeighbour(sandbox));
  say("Running pulumi up");
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
  const verdict = await watch.time("verify", () => verifySandbox(sandbox));
  const after = await watch.time("neighbour", () => readNeighbour(sandbox));
  printResult(sandbox, verdict, {
    changed: countChanges(up.output),
    isNeighbourSame: before === after,
    secrets,
    took: watch.report(),
  });
  return verdict.ok && before === after ? 0 : 1;
}

async function verifySandbox(sandbox: Sandbox): Promise<Verdict> {
  const spec = loadStackFromFile(sandbox.stack, projectFolder, sandbox.stackFile);
  const { OP_CONNECT_HOST: url = "", OP_CONNECT_TOKEN: token = "" } = sandbox.env;
  const items = await readStackItems(spec, readThroughClient({ kind: "connect", url, token }));
  return await verifyStack(spec, items, () => undefined);
}

/** The number of changes in Pulumi's summary: `    + 12 created`, `    34 unchanged`. */
function countChanges(output: string): number {
  const lines = output.matchAll(/^\s+\S+ (\d+) (?:created|updated|deleted|replaced|imported)\b/gm);
  return [...lines].reduce((sum, [, count]) => sum + Number(count), 0);
}

function printResult(
  sandbox: Sandbox,
  verdict: Verdict,
  {
    changed,
    isNeighbourSame,
    secrets,
    took,
  }: {
    changed: number;
    isNeighbourSame: boolean;
    secrets: readonly string[] | undefined;
    took: string;
  },
): void {
  const ends = (ok: boolean) => paint(ok ? "green" : "red", ok ? "ok    " : "failed");
  const warnings = new Set<string>();
  say("");
  for (const { app, checks } of verdict.apps) {
    const failed = checks.filter((check) => !check.ok);
    const counts = `${String(checks.length - failed.length)} of ${String(checks.length)} checks`;
    say(ends(failed.length === 0), ` ${describeApp(sandbox, app)}: ${counts}`);
    for (const check of failed) say(`       ${describeCheck(check)}`);
    for (const check of checks.filter((c) => c.warning)) warnings.add(describeCheck(check));
  }
  for (const warning of warnings) {
    say(paint("yellow", "note  "), ` ${warning}`);
  }
  const state = isNeighbourSame ? "byte for byte what it was" : "NOT what it was";
  say(ends(isNeighbourSame), ` ${neighbour}: select 1 answers, and it is ${state}`);
  if (secrets !== undefined) {
    say(ends(true), ` the operator made ${String(secrets.length)} Secrets: ${secrets.join(", ")}`);
  }
  const { host, port } = sandbox.superuser;
  const at = (name: string): string => path.relative(projectFolder, path.join(sandbox.home, name));
  say("");
  if (secrets === undefined) say(`manifests   ${at("gitops")}`);
  const passwords = path.relative(projectFolder, writePasswordFile(sandbox));
  say(`connect     PGPASSFILE=${passwords} psql -h ${host} -p ${String(port)} -U netbox netbox`);
  if (secrets !== undefined) {
    const kubectl = `kubectl --kubeconfig ${at("cluster/kubeconfig")} --context admin`;
    say(`cluster     ${kubectl} get onepassworditems,applications,secrets -A`);
  }
  const vault = sandbox.env["VAULT_ADDR"];
  if (vault !== undefined)
    say(`vault       ${vault}, its first token is in ${at("vault/keys.json")}`);
  say("next        npm run add -- wiki --stack dev");
  say("look        npm run verify -- --stack dev, npm run preview -- --stack dev");
  say("stop        npm start -- --stop, or --down to remove everything");
  say("");
  say(`took ${took}`);
  say(`up: ${changed === 0 ? "no" : String(changed)} ${changed === 1 ? "change" : "changes"}`);
}

/** `netbox: database netbox, owner netbox`: what Berth made for an app. */
function describeApp(sandbox: Sandbox, name: string): string {
  const spec = loadStackFromFile(sandbox.stack, projectFolder, sandbox.stackFile);
  const app = spec.apps.find((found) => found.name === name);
  if (app === undefined) return name;
  const roles = app.roles.map((role) => `${role.profile} ${role.name}`);
  return `${name}: database ${app.database.name}, ${roles.join(", ")}`;
}

outliveOutput();
process.exitCode = await main().catch((error: unknown) => {
  printError(describeFailure(error, "npm start -- --help shows the options"));
  return 2;
});
