/**
 * The CustomResourceDefinitions of the kinds that Berth emits, and what the cluster's own programs need. They
 * are taken from the Go modules that ship them, so a test cluster has the real ones and the tree has no copy.
 */
import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Cache } from "./cache.ts";
import { downloadModule } from "./go-build.ts";
import { requiredVersion } from "./parts.ts";

/** A Go module and the files to take from it. */
export interface CrdSource {
  readonly module: string;
  readonly files: readonly string[];
}

/** The Go module that pins the versions: go.mod names them, go.sum holds their checksums. */
export const crdModuleFolder = fileURLToPath(new URL("./go/crds", import.meta.url));

/** The source of each file. `role.yaml` has the operator's rights in a cluster. */
export const crdSources: readonly CrdSource[] = [
  {
    module: "github.com/1Password/onepassword-operator",
    files: ["config/crd/bases/onepassword.com_onepassworditems.yaml", "config/rbac/role.yaml"],
  },
  {
    module: "sigs.k8s.io/kwok",
    files: ["kustomize/crd/bases/kwok.x-k8s.io_clusterportforwards.yaml"],
  },
  {
    module: "github.com/argoproj/argo-cd/v3",
    files: ["application", "appproject", "applicationset"].map(
      (kind) => `manifests/crds/${kind}-crd.yaml`,
    ),
  },
  {
    module: "github.com/fluxcd/kustomize-controller",
    files: ["config/crd/bases/kustomize.toolkit.fluxcd.io_kustomizations.yaml"],
  },
  {
    module: "github.com/external-secrets/external-secrets",
    files: ["externalsecrets", "secretstores", "clustersecretstores"].map(
      (kind) => `config/crds/bases/external-secrets.io_${kind}.yaml`,
    ),
  },
  {
    module: "github.com/hashicorp/vault-secrets-operator",
    files: ["vaultauths", "vaultconnections", "vaultstaticsecrets", "vaultdynamicsecrets"].map(
      toVaultFile,
    ),
  },
  {
    module: "github.com/prometheus-operator/prometheus-operator",
    files: ["example/prometheus-operator-crd/monitoring.coreos.com_servicemonitors.yaml"],
  },
];

/** What the Vault Secrets Operator needs beside these where it runs: all kinds that it watches, and its rights. */
export const vaultOperatorSources: readonly CrdSource[] = [
  {
    module: "github.com/hashicorp/vault-secrets-operator",
    files: [
      ...["hcpauths", "hcpvaultsecretsapps", "secrettransformations"].map(toVaultFile),
      ...["vaultauthglobals", "vaultpkisecrets"].map(toVaultFile),
      "config/rbac/role.yaml",
    ],
  },
];

/** The pinned version of a source, without the v. */
export function crdVersion({ module }: CrdSource): string {
  return requiredVersion(crdModuleFolder, module);
}

function toVaultFile(plural: string): string {
  return `config/crd/bases/secrets.hashicorp.com_${plural}.yaml`;
}

/** The folder in the cache that holds the definitions of the pinned versions, one file each. */
export function crdFolder(cache: Cache, sources = crdSources): string {
  const digest = createHash("sha256").update(JSON.stringify(sources));
  for (const file of ["go.mod", "go.sum"]) digest.update(readFileSync(join(crdModuleFolder, file)));
  return join(cache.built, `crds-${digest.digest("hex").slice(0, 16)}`);
}

/** Downloads the modules and stores their definitions. The caller must hold the lock. */
export async function extractCrds(cache: Cache, sources = crdSources): Promise<void> {
  const folder = crdFolder(cache, sources);
  if (existsSync(folder)) return;
  const partial = `${folder}.partial`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial, { recursive: true });
  for (const source of sources) {
    const at = `${source.module}@v${crdVersion(source)}`;
    const module = await downloadModule(crdModuleFolder, at);
    for (const file of source.files)
      copyFileSync(join(module, file), join(partial, basename(file)));
  }
  renameSync(partial, folder);
}
