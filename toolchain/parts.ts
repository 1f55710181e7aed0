/**
 * The table of what Berth needs in addition to npm packages: the `pulumi` program, its host for Node, the
 * provider plugins, and the programs of a test cluster. No version is repeated here: each follows from what is
 * installed and pinned.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

/** How Pulumi uses a part, which decides where it must be. Pulumi does not use `cluster`: programs of tests. */
export type PartKind = "cli" | "language" | "plugin" | "cluster";

/** The name of a part; also its folder in `toolchain/go/`. */
export type PartName =
  | "pulumi"
  | "language-nodejs"
  | "postgresql"
  | "onepassword"
  | "kubernetes"
  | "vault"
  | "etcd"
  | "kube-apiserver"
  | "kwok"
  | "operator"
  | "vault-server"
  | "vault-operator";

/**
 * A file that the Go build embeds and the tree does not have: output of a program in the same module, or a file
 * of another module.
 */
export type Embedded =
  | { readonly file: string; readonly printedBy: string }
  | { readonly file: string; readonly module: string; readonly path: string };

/** Name, version, download and build of one part. */
export interface Part {
  readonly name: PartName;
  readonly kind: PartKind;
  /** File name of the program. */
  readonly binary: string;
  /**
   * Where its version is pinned: in the npm package that needs exactly this version of the plugin, or in the
   * part's go.mod.
   */
  readonly version: { readonly npm: string } | { readonly module: string };
  /** The Go package to build, relative to the part's module. */
  readonly package: string;
  /**
   * The Go variable for the version, and the prefix of the number in it. @default - the sources have the
   * version
   */
  readonly versionVariable?: { readonly symbol: string; readonly prefix: "" | "v" };
  readonly embeds: readonly Embedded[];
  /**
   * A URL at the site of its download. It is tried first, so a closed network costs seconds only. @default -
   * the part is always built
   */
  readonly site?: string;
  /** Where `pulumi plugin install` downloads it. @default - Pulumi's default place */
  readonly server?: string;
  /** Duration of a first build on two cores, for the progress line. */
  readonly about: string;
}

const sdkVersion = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version";
const kubernetesModule = "github.com/pulumi/pulumi-kubernetes/provider/v4";
const kubernetesFiles = "cmd/pulumi-resource-kubernetes";
const pulumiSite = "https://get.pulumi.com/install.sh";

/** All parts in build order: each leaves compiled packages that the next one uses. */
export const partTable: readonly Part[] = [
  {
    name: "pulumi",
    kind: "cli",
    binary: "pulumi",
    version: { module: "github.com/pulumi/pulumi/pkg/v3" },
    package: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
    versionVariable: { symbol: sdkVersion, prefix: "v" },
    embeds: [],
    site: pulumiSite,
    about: "4 min",
  },
  {
    name: "language-nodejs",
    kind: "language",
    binary: "pulumi-language-nodejs",
    version: { module: "github.com/pulumi/pulumi/pkg/v3" },
    package: "github.com/pulumi/pulumi/sdk/nodejs/cmd/pulumi-language-nodejs/v3",
    versionVariable: { symbol: sdkVersion, prefix: "v" },
    embeds: [],
    site: pulumiSite,
    about: "30 s",
  },
  {
    name: "postgresql",
    kind: "plugin",
    binary: "pulumi-resource-postgresql",
    version: { npm: "@pulumi/postgresql" },
    package: ".",
    versionVariable: { symbol: "main.version", prefix: "" },
    embeds: [{ file: "schema.json", printedBy: "./schema" }],
    site: pulumiSite,
    about: "2 min",
  },
  {
    name: "onepassword",
    kind: "plugin",
    binary: "pulumi-resource-onepassword",
    version: { npm: "@1password/pulumi-onepassword" },
    package: ".",
    versionVariable: { symbol: "main.version", prefix: "" },
    embeds: [{ file: "schema.json", printedBy: "./schema" }],
    site: "https://api.github.com/",
    server: "github://api.github.com/1Password/pulumi-onepassword",
    about: "1 min",
  },
  {
    name: "kubernetes",
    kind: "plugin",
    binary: "pulumi-resource-kubernetes",
    version: { npm: "@pulumi/kubernetes" },
    package: ".",
    versionVariable: { symbol: "main.version", prefix: "" },
    embeds: ["schema.json", "terraform-mapping.json"].map((file) => ({
      file,
      module: kubernetesModule,
      path: `${kubernetesFiles}/${file}`,
    })),
    site: pulumiSite,
    about: "8 min",
  },
  {
    name: "vault",
    kind: "plugin",
    binary: "pulumi-resource-vault",
    version: { npm: "@pulumi/vault" },
    package: ".",
    versionVariable: { symbol: "main.version", prefix: "" },
    embeds: [{ file: "schema.json", printedBy: "./schema" }],
    site: pulumiSite,
    about: "3 min",
  },
  {
    name: "etcd",
    kind: "cluster",
    binary: "etcd",
    version: { module: "go.etcd.io/etcd/server/v3" },
    package: "go.etcd.io/etcd/server/v3",
    embeds: [],
    about: "1 min",
  },
  {
    name: "kube-apiserver",
    kind: "cluster",
    binary: "kube-apiserver",
    version: { module: "k8s.io/kubernetes" },
    package: "k8s.io/kubernetes/cmd/kube-apiserver",
    versionVariable: { symbol: "k8s.io/component-base/version.gitVersion", prefix: "v" },
    embeds: [],
    about: "4 min",
  },
  {
    name: "kwok",
    kind: "cluster",
    binary: "kwok",
    version: { module: "sigs.k8s.io/kwok" },
    package: "sigs.k8s.io/kwok/cmd/kwok",
    embeds: [],
    about: "2 min",
  },
  {
    name: "operator",
    kind: "cluster",
    binary: "onepassword-operator",
    version: { module: "github.com/1Password/onepassword-operator" },
    package: "github.com/1Password/onepassword-operator/cmd",
    embeds: [],
    about: "1 min",
  },
  {
    name: "vault-server",
    kind: "cluster",
    binary: "vault-server",
    version: { module: "github.com/hashicorp/vault" },
    package: ".",
    embeds: [],
    about: "8 min",
  },
  {
    name: "vault-operator",
    kind: "cluster",
    binary: "vault-secrets-operator",
    version: { module: "github.com/hashicorp/vault-secrets-operator" },
    package: "github.com/hashicorp/vault-secrets-operator",
    embeds: [],
    about: "4 min",
  },
];

/** The plugins of the tests without a cluster. */
export const testParts: readonly PartName[] = ["postgresql", "onepassword"];

/** The programs of a test cluster, and the operator that makes Secrets from 1Password items in it. */
export const clusterParts: readonly PartName[] = ["etcd", "kube-apiserver", "kwok", "operator"];

/** Vault, and the plugin that makes objects inside it. Only a run that asks for Vault needs them. */
export const vaultParts: readonly PartName[] = ["vault", "vault-server"];

/** The part with this name. */
export function partNamed(name: string): Part {
  const part = partTable.find((row) => row.name === name);
  if (part === undefined) {
    const names = partTable.map((row) => row.name).join(", ");
    throw new Error(`There is no part "${name}". The parts are: ${names}.`);
  }
  return part;
}

/** Folder of the Go module that builds the part. */
export function moduleFolder(part: Part): string {
  return fileURLToPath(new URL(`./go/${part.name}`, import.meta.url));
}

/** The version that the part must have, without a leading v. */
export function partVersion(part: Part): string {
  return "npm" in part.version
    ? installedVersion(part.version.npm)
    : requiredVersion(part, part.version.module);
}

/** The version of a module in the part's go.mod, without the v. */
export function requiredVersion(part: Part, module: string): string {
  const version = versionIn(moduleFolder(part), module);
  if (version !== undefined) return version;
  const file = `${moduleFolder(part)}/go.mod`;
  throw new Error(`${file} requires no ${module}, which gives the part ${part.name} its version.`);
}

/** The version that go.mod in a folder requires of a module, without the v. */
export function versionIn(folder: string, module: string): string | undefined {
  const file = `${folder}/go.mod`;
  for (const line of readFileSync(file, "utf8").split("\n")) {
    const words = line
      .trim()
      .replace(/^require /, "")
      .split(" ");
    if (words[0] === module && words[1]?.startsWith("v")) return words[1].slice(1);
  }
  return undefined;
}

function installedVersion(npmPackage: string): string {
  const require = createRequire(import.meta.url);
  try {
    const manifest = require(`${npmPackage}/package.json`) as { version: string };
    return manifest.version.replace(/^v/, "");
  } catch (cause) {
    throw new Error(`The npm package ${npmPackage} is not installed. Run: npm install`, { cause });
  }
}
