import path from "node:path";
import { parseArgs } from "node:util";
import { print, printError, printFile } from "../../cli/print.ts";
import { describeFailure } from "../../cli/terminal/describe-failure.ts";
import { projectFolder } from "../../components/project-folder.ts";
import { ensureClusterToolchain } from "../../toolchain/cluster.ts";
import { keepToSandbox } from "../environment.ts";
import { Interruption } from "../interruption.ts";
import { devHome, isSandboxRunning, openSandbox, removeSandbox, stopSandbox } from "../sandbox.ts";

/** `npm run cluster`: the servers of `npm start -- --cluster`, without a run of Pulumi. */

const help = `npm run cluster             start a Kubernetes API server on this machine: etcd, kube-apiserver,
                            kwok for the nodes, and the 1Password operator, with the Postgres and
                            the stand-in for 1Password Connect of npm start
npm run cluster -- --stop   stop the servers and keep their data
npm run cluster -- --down   stop the servers and remove their data
npm run cluster -- --help   print this text

The first run builds the programs from Go modules (needs Go 1.26; about ten minutes on two cores).
The operator needs its own mount: Linux, as root or with unprivileged user namespaces.
Nodes and pods are simulated, no container runs. All files are in .berth/dev.
`;

async function main(): Promise<number> {
  const flag = { type: "boolean", default: false } as const;
  const { values } = parseArgs({ options: { stop: flag, down: flag, help: flag } });
  if (values.help) {
    printFile(help);
    return 0;
  }
  if (values.stop || values.down) {
    await (values.down ? removeSandbox(devHome) : stopSandbox(devHome));
    print(values.down ? "removed: everything in .berth/dev" : "stopped");
    return 0;
  }
  keepToSandbox();
  const interruption = new Interruption(isSandboxRunning(devHome));
  const { cluster: tools } = await ensureClusterToolchain(print);
  const { openSandboxCluster } = await import("./sandbox-cluster.ts");
  print("Starting Postgres, the stand-in for 1Password Connect, and a Kubernetes API server");
  const sandbox = await openSandbox({ home: devHome, place: "cluster" });
  const opening = openSandboxCluster(sandbox, tools);
  const { cluster, keep } = await interruption.waitFor(opening);
  await keep();
  const kubeconfig = path.relative(projectFolder, cluster.kubeconfig);
  print(
    `kubeconfig  ${kubeconfig} (contexts: berth, with only the rights that Berth needs; admin; guest)`,
  );
  print(`try         kubectl --kubeconfig ${kubeconfig} --context admin get pods -A`);
  print("up          npm start -- --cluster");
  print("stop        npm run cluster -- --stop, or --down to remove everything");
  print("the cluster runs");
  return 0;
}

process.exitCode = await main().catch((error: unknown) => {
  printError(describeFailure(error, "npm run cluster -- --help shows the options"));
  return 2;
});
