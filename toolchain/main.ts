/** `node toolchain/main.ts`: gets the toolchain and prints its paths. */
import { parseArgs } from "node:util";
import { ensureClusterToolchain } from "./cluster.ts";
import { ensureToolchain, type Toolchain } from "./ensure.ts";
import { type PartName, partNamed } from "./parts.ts";

const help = `Gets pulumi and its Node host, and the plugins that are asked for: uses what is there,
else downloads, else builds from Go modules. The programs of a test cluster are always built.

Usage: node toolchain/main.ts [options]

  --parts <a,b>   also these: postgresql, for apps with \`provisioner: postgresql\`;
                  onepassword, for a service account, the desktop app or \`throughProvider\`;
                  vault, for \`secrets.vault.manage\`; vault-server and vault-operator, for
                  \`npm start -- --vault\` and the tests with a real Vault
  --kubernetes    also the kubernetes plugin, for apps with \`delivery: cluster\`
  --cluster       also etcd, kube-apiserver, kwok, the 1Password operator and the CRDs of
                  what Berth emits, for \`npm run cluster\` and the tests on a cluster
  --json          print the result as JSON
  --help          print this

Exit codes: 0 all in place, 1 something could not be had, 2 wrong usage.
`;

function readArguments() {
  const { values } = parseArgs({
    options: {
      parts: { type: "string" },
      kubernetes: { type: "boolean", default: false },
      cluster: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const named = values.parts?.split(",").map((name) => partNamed(name.trim()).name) ?? [];
  const parts: readonly PartName[] = values.kubernetes ? [...named, "kubernetes"] : named;
  return { ...values, parts };
}

async function main(): Promise<number> {
  let wish: ReturnType<typeof readArguments>;
  try {
    wish = readArguments();
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${help}`);
    return 2;
  }
  if (wish.help) {
    process.stdout.write(help);
    return 0;
  }
  try {
    const report = (line: string) => process.stderr.write(`${line}\n`);
    const { parts } = wish;
    const toolchain = wish.cluster
      ? await ensureClusterToolchain(report, parts)
      : await ensureToolchain(report, parts);
    process.stdout.write(
      wish.json ? `${JSON.stringify(toolchain, null, 2)}\n` : summary(toolchain),
    );
    return 0;
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    return 1;
  }
}

function summary({ pulumi, env }: Toolchain): string {
  const lines = Object.entries(env).map(([name, value]) => `export ${name}='${value}'`);
  return `${lines.join("\n")}\nThe toolchain is ready: ${pulumi}\n`;
}

process.exitCode = await main();
