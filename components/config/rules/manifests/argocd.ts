import { type Problem, problemAt, problemWhen } from "../../../errors.ts";
import { when } from "../../../when.ts";
import { DnsLabel } from "../../schema/primitives.ts";
import { type DestinationSpec, ownCluster } from "../../spec/argocd.ts";
import type { AppSpec, StackSpec } from "../../spec.ts";
import { findRepeated, type Use } from "../names.ts";

export function findArgoCdProblems(spec: StackSpec): Problem[] {
  return [
    ...findApplicationNames(spec),
    ...findProjectProblems(spec),
    ...findParentProblems(spec),
    ...findMetadataProblems("berth:metadata", spec, spec.cluster !== undefined),
    ...spec.apps.flatMap((app) => findAppProblems(app, spec)),
    ...findReleaseProblems(spec),
  ];
}

/** Two Applications of one name would be one, with the manifests of both. */
function findApplicationNames(spec: StackSpec): Problem[] {
  const uses: Use[] = spec.apps
    .filter(({ delivery }) => delivery !== "none")
    .flatMap(({ name, delivery, argocd }) => [
      { name: argocd.application, at: `berth:apps.${name}.argocd.name` },
      ...when(delivery === "git" && spec.gitops?.workloads === "flux", {
        name: `${argocd.application}-secrets`,
        at: `the Secrets of app ${name} (berth:gitops.flux.names)`,
      }),
      ...when(delivery === "git", {
        name: argocd.provisioner,
        at: `the provisioner of app ${name} (berth:argocd.names)`,
      }),
    ]);
  const tooLong = uses.flatMap(({ name, at }) => {
    const [issue] = DnsLabel.safeParse(name).error?.issues ?? [];
    return issue === undefined ? [] : [problemAt(at, `got "${name}"; ${issue.message}`)];
  });
  return [...tooLong, ...findRepeated("Application", uses)];
}

function findProjectProblems({ argocd, gitops, cluster }: StackSpec): Problem[] {
  if (argocd.appProject === undefined) return [];
  const at = "berth:argocd.appProject";
  const [first, ...more] = [gitops, cluster].filter((target) => target !== undefined);
  if (first === undefined)
    return [problemAt(at, "needs berth:gitops or berth:cluster; add one of them")];
  const others = more.filter(
    (target) =>
      target.project !== first.project || target.argocdNamespace !== first.argocdNamespace,
  );
  return [
    ...problemWhen(
      first.project === "default",
      at,
      `berth:${gitops === undefined ? "cluster" : "gitops"}.project is "default", which is Argo CD's own; name another`,
    ),
    ...others.map(() =>
      problemAt(
        at,
        "berth:gitops and berth:cluster differ in project or argocdNamespace; write the same into both",
      ),
    ),
  ];
}

function findParentProblems({ argocd, gitops }: StackSpec): Problem[] {
  return argocd.parent === "none" || gitops !== undefined
    ? []
    : [
        problemAt(
          "berth:argocd.parent",
          `got "${argocd.parent}"; it reads a Git tree, so it needs berth:gitops; remove it, since berth:cluster applies the Applications`,
        ),
      ];
}

/** Keys that Berth or Argo CD writes. A second writer would break waves, deletion, or who an object belongs to. */
const reserved =
  /^(berth\/|pulumi\.com\/|argocd\.argoproj\.io\/(sync-wave|hook|tracking-id|refresh)|app\.kubernetes\.io\/(managed-by|part-of|instance)$)/;
/** The same where Berth applies the objects: it asks Argo CD to leave them alone. */
const reservedIfApplied = /^argocd\.argoproj\.io\/(sync-options|compare-options)$/;

function findMetadataProblems(
  at: string,
  { metadata }: Pick<AppSpec, "metadata">,
  isApplied: boolean,
): Problem[] {
  return Object.entries(metadata).flatMap(([kind, { labels, annotations } = {}]) =>
    [...Object.keys(labels ?? {}), ...Object.keys(annotations ?? {})]
      .filter((key) => reserved.test(key) || (isApplied && reservedIfApplied.test(key)))
      .map((key) =>
        problemAt(`${at}.${kind}`, `"${key}" is written by Berth or Argo CD; remove it`),
      ),
  );
}

function findAppProblems(app: AppSpec, spec: StackSpec): Problem[] {
  const at = `berth:apps.${app.name}`;
  return [
    ...findMetadataProblems(`${at}.metadata`, app, app.delivery === "cluster"),
    ...findFinalizerProblems(app),
    ...findDestinationProblems(app, spec),
    ...findValueFileProblems(app),
  ];
}

/** A cascade deletes a workload's volumes, so the entry has to say that the app's data goes with it. */
function findFinalizerProblems({ name, argocd, workload, reclaimPolicy }: AppSpec): Problem[] {
  const { finalizer = "none" } = argocd;
  if (finalizer === "none" || workload === undefined || reclaimPolicy === "delete") return [];
  return [
    problemAt(
      `berth:apps.${name}.argocd.finalizer`,
      `"${finalizer}" deletes what the app runs, volumes included, when the app leaves, and reclaimPolicy is "retain"; set argocd.finalizer of the app to none, or its reclaimPolicy to delete`,
    ),
  ];
}

function findDestinationProblems(app: AppSpec, spec: StackSpec): Problem[] {
  const { destination } = app.argocd;
  const at = `berth:apps.${app.name}.argocd.destination`;
  if (app.delivery === "cluster" && !isOwnCluster(destination)) {
    return [
      problemAt(
        at,
        `got ${JSON.stringify(destination)}; berth:cluster applies the app's Secrets to the cluster with its Application, and Argo CD would start the app in another one; use delivery: git`,
      ),
    ];
  }
  if (isSame(destination, spec.argocd.destination)) return [];
  const { store, vault } = spec.secrets;
  const needsStore =
    app.secretsThrough === "external-secret" && store?.kind === "ClusterSecretStore";
  return [
    ...problemWhen(
      needsStore && store.connect !== undefined,
      at,
      "Berth makes the ClusterSecretStore in the database's cluster, not in this one; make it there, and name it in berth:secrets.store instead of connect",
    ),
    ...problemWhen(
      app.certificate !== undefined,
      at,
      `the Job of berth:apps.${app.name}.certificate runs beside the app and would look for the server in this cluster; remove certificate, and bring the CA with berth:postgres.service.ca`,
    ),
    ...problemWhen(
      app.vault !== undefined && vault?.server !== undefined,
      at,
      "Berth makes the VaultConnection in the database's cluster, not in this one; make it there, and name it in berth:secrets.vault.connection instead of address",
    ),
  ];
}

function isOwnCluster(destination: DestinationSpec): boolean {
  return "name" in destination
    ? destination.name === "in-cluster"
    : destination.server === ownCluster;
}

function isSame(a: DestinationSpec, b: DestinationSpec): boolean {
  return JSON.stringify(a) === JSON.stringify(b) || (isOwnCluster(a) && isOwnCluster(b));
}

function findValueFileProblems({ name, workload, delivery }: AppSpec): Problem[] {
  if (workload?.kind !== "helm") return [];
  const at = `berth:apps.${name}.workload.helm`;
  const { valueFiles = [], refs = [] } = workload;
  const isUsed = (ref: string): boolean => valueFiles.some((file) => file.startsWith(`$${ref}/`));
  return [
    ...valueFiles
      .filter((file) => file.startsWith("/") || file.split("/").includes(".."))
      .map((file) =>
        problemAt(`${at}.valueFiles`, `"${file}" leaves the repository; write a path inside it`),
      ),
    ...valueFiles
      .filter((file) => file.startsWith("$") && !/^\$[a-z0-9]([a-z0-9-]*[a-z0-9])?\/./.test(file))
      .map((file) =>
        problemAt(`${at}.valueFiles`, `"${file}" names no file of a ref; write it as $values/path`),
      ),
    ...refs
      .filter((ref) => !isUsed(ref.name))
      .map((ref) =>
        problemAt(
          `${at}.refs.${ref.name}`,
          `no file of valueFiles begins with $${ref.name}/; remove it`,
        ),
      ),
    ...refs
      .filter((ref) => delivery !== "none" && ref.repoURL === "")
      .map((ref) =>
        problemAt(
          `${at}.refs.${ref.name}.repoURL`,
          "missing; set it, or add berth:gitops, whose repoURL is the default",
        ),
      ),
  ];
}

/** Two releases of one name in a namespace overwrite each other's objects. */
function findReleaseProblems({ apps }: StackSpec): Problem[] {
  const uses = apps.flatMap(({ name, namespace, argocd, workload }): Use[] => {
    if (workload?.kind !== "helm") return [];
    const place = `${JSON.stringify(argocd.destination)} ${namespace}`;
    const release = workload.releaseName ?? name;
    return [{ name: `${place}/${release}`, at: `berth:apps.${name}.workload.helm.releaseName` }];
  });
  return findRepeated("Helm release", uses);
}
