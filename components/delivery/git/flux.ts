import { applicationName } from "../../config/derive/argocd.ts";
import { provisionerName, SHARED } from "../../config/derive/names.ts";
import type { FluxSpec, GitOpsSpec } from "../../config/spec/delivery.ts";
import type { AppSpec, StackSpec } from "../../config/spec.ts";
import { onceEach } from "../../once-each.ts";
import { adminSecretName } from "../app-objects.ts";
import { toLabels } from "../metadata.ts";
import type { KubernetesObject } from "../yaml.ts";
import { type HealthExpression, planHealthExpressions } from "./flux-health.ts";
import { type AppParts, appFolders, type SharedPart, toRepositoryPath } from "./folders.ts";
import { type ManifestPlan, planFile } from "./manifest-plan.ts";

/** Flux's Kustomization, with the fields that Berth writes. */
interface Kustomization {
  readonly apiVersion: "kustomize.toolkit.fluxcd.io/v1";
  readonly kind: "Kustomization";
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly labels: Readonly<Record<string, string>>;
  };
  readonly spec: {
    readonly interval: string;
    readonly retryInterval: string;
    readonly timeout: string;
    readonly path: string;
    readonly prune: true;
    readonly wait: true;
    readonly healthCheckExprs?: readonly HealthExpression[];
    readonly deletionPolicy?: "Orphan";
    readonly sourceRef: { readonly kind: "GitRepository"; readonly name: string };
    readonly dependsOn?: readonly { readonly name: string }[];
  };
}

/** What {@link buildKustomization} needs. */
interface KustomizationArgs {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** In the repository. */
  readonly path: string;
  /** Kustomizations that must be ready before. */
  readonly after: readonly string[];
  /** What Berth writes there. */
  readonly objects: readonly KubernetesObject[];
  /** As an Application's: what a workload runs stays when the Kustomization goes, volumes included. */
  readonly holds: "items" | "workload";
}

/**
 * The Kustomizations of an app: the database's manifests, then the app's Secrets, then its workload. Each waits for
 * the one before.
 */
export function planAppKustomizations(
  spec: StackSpec,
  gitops: GitOpsSpec,
  app: AppSpec,
  has: AppParts,
): Readonly<Record<"database" | "own", readonly ManifestPlan[]>> {
  const { application, provisioner } = app.argocd;
  const folders = appFolders(app);
  const labels = toLabels(app.name);
  const secrets = `${application}-secrets`;
  const shared = applicationName(spec.argocd.names, spec.stack, adminSecretName(spec));
  const afterDatabase = has.database.length > 0 ? provisioner : shared;
  const plan = (key: string, file: string, args: Omit<KustomizationArgs, "labels">) =>
    planFile(`${app.name}.${key}`, `flux/apps/${file}.yaml`, [
      buildKustomization(gitops.flux, { ...args, labels }),
    ]);
  const database = plan("provisioner", `db/${provisionerName(app.name)}`, {
    name: provisioner,
    path: toRepositoryPath(gitops, folders.database),
    after: [shared],
    objects: has.database,
    holds: "items",
  });
  const own = plan("secrets", `infra/${app.name}-secrets`, {
    name: secrets,
    path: toRepositoryPath(gitops, folders.own),
    after: [afterDatabase],
    objects: has.own,
    holds: "items",
  });
  const { workload } = app;
  return {
    database: has.database.length > 0 ? [database] : [],
    own: [
      ...(has.own.length > 0 ? [own] : []),
      ...(workload?.kind === "git"
        ? [
            plan("application", `infra/${app.name}`, {
              name: application,
              path: workload.path,
              after: [has.own.length > 0 ? secrets : afterDatabase],
              objects: [],
              holds: "workload",
            }),
          ]
        : []),
    ],
  };
}

/** The Kustomization of what the apps share. */
export function planSharedKustomizations(
  spec: StackSpec,
  gitops: GitOpsSpec,
  { name, path, objects }: SharedPart,
): readonly ManifestPlan[] {
  const kustomization = buildKustomization(gitops.flux, {
    name: applicationName(spec.argocd.names, spec.stack, name),
    labels: toLabels(SHARED),
    path: toRepositoryPath(gitops, path),
    after: [],
    objects,
    holds: "items",
  });
  return [planFile("shared.admin", `flux/apps/db/${name}.yaml`, [kustomization])];
}

/**
 * The namespaces that an app's objects go to, except the database's. Flux makes none by itself. It changes none that
 * is there, and never deletes one, since all that is in it would go, volumes included. If apps share a namespace, the
 * first of them by name has it.
 */
export function planNamespaces(
  { apps, postgres }: StackSpec,
  app: AppSpec,
): readonly KubernetesObject[] {
  const first = firstByNamespace(apps);
  return [...new Set(listNamespaces(app))]
    .filter((name) => name !== postgres.namespace && first.get(name) === app)
    .toSorted()
    .map((name) => ({
      apiVersion: "v1",
      kind: "Namespace",
      metadata: {
        name,
        labels: { "app.kubernetes.io/managed-by": "berth" },
        annotations: {
          "kustomize.toolkit.fluxcd.io/prune": "disabled",
          "kustomize.toolkit.fluxcd.io/ssa": "IfNotPresent",
        },
      },
    }));
}

const firstByNamespace = onceEach(
  (apps: readonly AppSpec[]): ReadonlyMap<string, AppSpec> =>
    new Map(
      apps
        .filter(({ delivery }) => delivery === "git")
        .toReversed()
        .flatMap((app) => listNamespaces(app).map((name) => [name, app] as const)),
    ),
);

function listNamespaces({ namespace, roles, secrets, vault }: AppSpec): readonly string[] {
  const others = [...roles, ...secrets, ...(vault?.secrets ?? [])];
  return [namespace, ...others.map((one) => one.namespace)];
}

/**
 * Manifest of a Kustomization. It waits until its objects are ready, so `dependsOn` does what the waves of Argo CD do.
 * The timeout is longer than a provisioning Job may take.
 *
 * @see https://fluxcd.io/flux/components/kustomize/kustomizations/
 */
function buildKustomization(
  { namespace, source, interval }: FluxSpec,
  { name, labels, path, after, objects, holds }: KustomizationArgs,
): Kustomization {
  const healthCheckExprs = planHealthExpressions(objects);
  return {
    apiVersion: "kustomize.toolkit.fluxcd.io/v1",
    kind: "Kustomization",
    metadata: { name, namespace, labels },
    spec: {
      interval,
      retryInterval: "1m",
      timeout: "10m",
      path: `./${path}`,
      prune: true,
      wait: true,
      ...(healthCheckExprs.length === 0 ? {} : { healthCheckExprs }),
      ...(holds === "workload" ? { deletionPolicy: "Orphan" } : {}),
      sourceRef: { kind: "GitRepository", name: source },
      ...(after.length === 0 ? {} : { dependsOn: after.map((other) => ({ name: other })) }),
    },
  };
}
