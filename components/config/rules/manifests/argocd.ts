import { DnsLabel } from "../../schema/primitives.ts";
import { type DestinationSpec, ownCluster } from "../../spec/argocd.ts";
import type { AppSpec, StackSpec } from "../../spec.ts";

/** Problems between the settings of Argo CD, each with its key path. */
export function findArgoCdProblems(spec: StackSpec): string[] {
  return [
    ...findApplicationNames(spec),
    ...findProjectProblems(spec),
    ...findParentProblems(spec),
    ...findMetadataProblems("berth:metadata", spec, spec.cluster !== undefined),
    ...spec.apps.flatMap((app) => findAppProblems(app, spec)),
    ...findReleaseProblems(spec),
  ];
}

interface Use {
  readonly name: string;
  readonly at: string;
}

/** Two Applications of one name would be one, with the manifests of both. */
function findApplicationNames(spec: StackSpec): string[] {
  const uses: Use[] = spec.apps
    .filter(({ delivery }) => delivery !== "none")
    .flatMap(({ name, delivery, argocd }) => [
      { name: argocd.application, at: `berth:apps.${name}.argocd.name` },
      ...(delivery === "git" && spec.gitops?.workloads === "flux"
        ? [
            {
              name: `${argocd.application}-secrets`,
              at: `the Secrets of app ${name} (berth:gitops.flux.names)`,
            },
          ]
        : []),
      ...(delivery === "git"
        ? [{ name: argocd.provisioner, at: `the provisioner of app ${name} (berth:argocd.names)` }]
        : []),
    ]);
  const tooLong = uses
    .filter(({ name }) => !DnsLabel.safeParse(name).success)
    .map(
      ({ name, at }) =>
        `${at}: got "${name}"; ${DnsLabel.safeParse(name).error?.issues[0]?.message ?? ""}`,
    );
  return [...tooLong, ...findRepeated("the Application", uses)];
}

function findRepeated(what: string, uses: readonly Use[]): string[] {
  return [...Map.groupBy(uses, ({ name }) => name)]
    .filter(([, group]) => group.length > 1)
    .map(
      ([name, group]) =>
        `${group.map(({ at }) => at).join(" and ")}: ${what} "${name}" is used ${String(group.length)} times; each needs a name of its own`,
    );
}

function findProjectProblems({ argocd, gitops, cluster }: StackSpec): string[] {
  if (argocd.appProject === undefined) return [];
  const at = "berth:argocd.appProject";
  const [first, ...more] = [gitops, cluster].filter((target) => target !== undefined);
  if (first === undefined) return [`${at}: needs berth:gitops or berth:cluster; add one of them`];
  const others = more.filter(
    (target) =>
      target.project !== first.project || target.argocdNamespace !== first.argocdNamespace,
  );
  return [
    ...(first.project === "default"
      ? [
          `${at}: berth:${gitops === undefined ? "cluster" : "gitops"}.project is "default", which is Argo CD's own; name another`,
        ]
      : []),
    ...others.map(
      () =>
        `${at}: berth:gitops and berth:cluster differ in project or argocdNamespace; write the same into both`,
    ),
  ];
}

function findParentProblems({ argocd, gitops }: StackSpec): string[] {
  return argocd.parent === "none" || gitops !== undefined
    ? []
    : [
        `berth:argocd.parent: got "${argocd.parent}"; it reads a Git tree, so it needs berth:gitops; remove it, since berth:cluster applies the Applications`,
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
): string[] {
  return Object.entries(metadata).flatMap(([kind, { labels, annotations } = {}]) =>
    [...Object.keys(labels ?? {}), ...Object.keys(annotations ?? {})]
      .filter((key) => reserved.test(key) || (isApplied && reservedIfApplied.test(key)))
      .map((key) => `${at}.${kind}: "${key}" is written by Berth or Argo CD; remove it`),
  );
}

function findAppProblems(app: AppSpec, spec: StackSpec): string[] {
  const at = `berth:apps.${app.name}`;
  return [
    ...findMetadataProblems(`${at}.metadata`, app, app.delivery === "cluster"),
    ...findFinalizerProblems(app),
    ...findDestinationProblems(app, spec),
    ...findValueFileProblems(app),
  ];
}

/** A cascade deletes a workload's volumes, so the entry has to say that the app's data goes with it. */
function findFinalizerProblems({ name, argocd, workload, reclaimPolicy }: AppSpec): string[] {
  const { finalizer = "none" } = argocd;
  if (finalizer === "none" || workload === undefined || reclaimPolicy === "delete") return [];
  return [
    `berth:apps.${name}.argocd.finalizer: "${finalizer}" deletes what the app runs, volumes included, when the app leaves, and reclaimPolicy is "retain"; set argocd.finalizer of the app to none, or its reclaimPolicy to delete`,
  ];
}

function findDestinationProblems(app: AppSpec, spec: StackSpec): string[] {
  const { destination } = app.argocd;
  const at = `berth:apps.${app.name}.argocd.destination`;
  if (app.delivery === "cluster" && !isOwnCluster(destination)) {
    return [
      `${at}: got ${JSON.stringify(destination)}; berth:cluster applies the app's Secrets to the cluster with its Application, and Argo CD would start the app in another one; use delivery: git`,
    ];
  }
  if (isSame(destination, spec.argocd.destination)) return [];
  const { store, vault } = spec.secrets;
  const needsStore =
    app.secretsThrough === "external-secret" && store?.kind === "ClusterSecretStore";
  return [
    ...(needsStore && store.connect !== undefined
      ? [
          `${at}: Berth makes the ClusterSecretStore in the database's cluster, not in this one; make it there, and name it in berth:secrets.store instead of connect`,
        ]
      : []),
    ...(app.certificate !== undefined
      ? [
          `${at}: the Job of berth:apps.${app.name}.certificate runs beside the app and would look for the server in this cluster; remove certificate, and bring the CA with berth:postgres.service.ca`,
        ]
      : []),
    ...(app.vault !== undefined && vault?.server !== undefined
      ? [
          `${at}: Berth makes the VaultConnection in the database's cluster, not in this one; make it there, and name it in berth:secrets.vault.connection instead of address`,
        ]
      : []),
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

function findValueFileProblems({ name, workload, delivery }: AppSpec): string[] {
  if (workload?.kind !== "helm") return [];
  const at = `berth:apps.${name}.workload.helm`;
  const { valueFiles = [], refs = [] } = workload;
  const isUsed = (ref: string): boolean => valueFiles.some((file) => file.startsWith(`$${ref}/`));
  return [
    ...valueFiles
      .filter((file) => file.startsWith("/") || file.split("/").includes(".."))
      .map((file) => `${at}.valueFiles: "${file}" leaves the repository; write a path inside it`),
    ...valueFiles
      .filter((file) => file.startsWith("$") && !/^\$[a-z0-9]([a-z0-9-]*[a-z0-9])?\/./.test(file))
      .map(
        (file) => `${at}.valueFiles: "${file}" names no file of a ref; write it as $values/path`,
      ),
    ...refs
      .filter((ref) => !isUsed(ref.name))
      .map(
        (ref) =>
          `${at}.refs.${ref.name}: no file of valueFiles begins with $${ref.name}/; remove it`,
      ),
    ...refs
      .filter((ref) => delivery !== "none" && ref.repoURL === "")
      .map(
        (ref) => `${at}.refs.${ref.name}.repoURL: missing; its default needs berth:gitops.repoURL`,
      ),
  ];
}

/** Two releases of one name in a namespace overwrite each other's objects. */
function findReleaseProblems({ apps }: StackSpec): string[] {
  const uses = apps.flatMap(({ name, namespace, argocd, workload }): Use[] => {
    if (workload?.kind !== "helm") return [];
    const place = `${JSON.stringify(argocd.destination)} ${namespace}`;
    const release = workload.releaseName ?? name;
    return [{ name: `${place}/${release}`, at: `berth:apps.${name}.workload.helm.releaseName` }];
  });
  return findRepeated("the Helm release", uses);
}
