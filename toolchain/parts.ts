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

/** A file that the Go build embeds and the tree does not have: a program prints it, or another module has it. */
export type Embedded =
  | { readonly file: string; readonly printedBy: string }
  | { readonly file: string; readonly module: string; readonly path: string };

export interface Part {
  readonly name: PartName;
  readonly kind: PartKind;
  /** File name of the program. */
  readonly binary: string;
  /** Where it is pinned: in the npm package that needs exactly this plugin, or in the part's go.mod. */
  readonly version: { readonly npm: string } | { readonly module: string };
  /** The Go package to build, relative to the part's module. */
  readonly package: string;
  /** The Go variable for the version, and the prefix of the number in it; undefined = the sources have it. */
  readonly versionVariable?: { readonly symbol: string; readonly prefix: "" | "v" };
  readonly embeds?: readonly Embedded[];
  /** A URL at the site of its download. It is asked first; undefined = the part is always built. */
  readonly site?: string;
  /** Where `pulumi plugin install` downloads it. @default - Pulumi's default place */
  readonly server?: string;
  /** Duration of a first build on two cores, for the progress line. */
  readonly about: string;
}

const sdkVersion = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version";
const kubernetesModule = "github.com/pulumi/pulumi-kubernetes/provider/v4";
const pulumiSite = "https://get.pulumi.com/install.sh";

/** `pulumi` and its Node host: Pulumi's own programs, of one version. */
const ofPulumi = {
  version: { module: "github.com/pulumi/pulumi/pkg/v3" },
  versionVariable: { symbol: sdkVersion, prefix: "v" },
  site: pulumiSite,
} as const;

/** A plugin: a small program in `toolchain/go/`. */
const ownPlugin = {
  kind: "plugin",
  package: ".",
  versionVariable: { symbol: "main.version", prefix: "" },
  site: pulumiSite,
} as const;

/** A plugin that serves a Terraform provider. */
const bridged = {
  ...ownPlugin,
  embeds: [{ file: "schema.json", printedBy: "./schema" }],
} as const;

/** All parts in build order: each leaves compiled packages that the next one uses. */
export const partTable: readonly Part[] = [
  {
    ...ofPulumi,
    name: "pulumi",
    kind: "cli",
    binary: "pulumi",
    package: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
    about: "4 min",
  },
  {
    ...ofPulumi,
    name: "language-nodejs",
    kind: "language",
    binary: "pulumi-language-nodejs",
    package: "github.com/pulumi/pulumi/sdk/nodejs/cmd/pulumi-language-nodejs/v3",
    about: "30 s",
  },
  {
    ...bridged,
    name: "postgresql",
    binary: "pulumi-resource-postgresql",
    version: { npm: "@pulumi/postgresql" },
    about: "2 min",
  },
  {
    ...bridged,
    name: "onepassword",
    binary: "pulumi-resource-onepassword",
    version: { npm: "@1password/pulumi-onepassword" },
    site: "https://api.github.com/",
    server: "github://api.github.com/1Password/pulumi-onepassword",
    about: "1 min",
  },
  {
    ...ownPlugin,
    name: "kubernetes",
    binary: "pulumi-resource-kubernetes",
    version: { npm: "@pulumi/kubernetes" },
    embeds: ["schema.json", "terraform-mapping.json"].map((file) => ({
      file,
      module: kubernetesModule,
      path: `cmd/pulumi-resource-kubernetes/${file}`,
    })),
    about: "8 min",
  },
  {
    ...bridged,
    name: "vault",
    binary: "pulumi-resource-vault",
    version: { npm: "@pulumi/vault" },
    about: "1 min",
  },
  {
    name: "etcd",
    kind: "cluster",
    binary: "etcd",
    version: { module: "go.etcd.io/etcd/server/v3" },
    package: "go.etcd.io/etcd/server/v3",
    about: "1 min",
  },
  {
    name: "kube-apiserver",
    kind: "cluster",
    binary: "kube-apiserver",
    version: { module: "k8s.io/kubernetes" },
    package: "k8s.io/kubernetes/cmd/kube-apiserver",
    versionVariable: { symbol: "k8s.io/component-base/version.gitVersion", prefix: "v" },
    about: "4 min",
  },
  {
    name: "kwok",
    kind: "cluster",
    binary: "kwok",
    version: { module: "sigs.k8s.io/kwok" },
    package: "sigs.k8s.io/kwok/cmd/kwok",
    about: "2 min",
  },
  {
    name: "operator",
    kind: "cluster",
    binary: "onepassword-operator",
    version: { module: "github.com/1Password/onepassword-operator" },
    package: "github.com/1Password/onepassword-operator/cmd",
    about: "1 min",
  },
  {
    name: "vault-server",
    kind: "cluster",
    binary: "vault-server",
    version: { module: "github.com/hashicorp/vault" },
    package: ".",
    about: "4 min",
  },
  {
    name: "vault-operator",
    kind: "cluster",
    binary: "vault-secrets-operator",
    version: { module: "github.com/hashicorp/vault-secrets-operator" },
    package: "github.com/hashicorp/vault-secrets-operator",
    about: "2 min",
  },
];

/** The plugins of the tests without a cluster. */
export const testParts: readonly PartName[] = ["postgresql", "onepassword"];

/** The programs of a test cluster, and the operator that makes Secrets from 1Password items in it. */
export const clusterParts: readonly PartName[] = ["etcd", "kube-apiserver", "kwok", "operator"];

/** Vault, and the plugin that makes objects inside it. Only a run that asks for Vault needs them. */
export const vaultParts: readonly PartName[] = ["vault", "vault-server"];

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
    : requiredVersion(moduleFolder(part), part.version.module);
}

/** The version that go.mod in a folder requires of a module, without the v. */
export function requiredVersion(folder: string, module: string): string {
  const file = `${folder}/go.mod`;
  for (const line of readFileSync(file, "utf8").split("\n")) {
    const words = line
      .trim()
      .replace(/^require /, "")
      .split(" ");
    if (words[0] === module && words[1]?.startsWith("v")) return words[1].slice(1);
  }
  throw new Error(`${file} requires no ${module}`);
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
