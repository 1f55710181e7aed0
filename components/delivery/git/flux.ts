import { applicationName } from "../../config/derive/argocd.ts";
import { provisionerName, SHARED } from "../../config/derive/names.ts";
import type { FluxSpec, GitOpsSpec } from "../../config/spec/delivery.ts";
import type { AppSpec, StackSpec } from "../../config/spec.ts";
import { firstByKey } from "../../once-each.ts";
import { sortUnique } from "../../sort.ts";
import { when, whenGiven } from "../../when.ts";
import { adminSecretName } from "../app-objects.ts";
import { toLabels } from "../metadata.ts";
import type { KubernetesObject } from "../yaml.ts";
import { planHealthExpressions } from "./flux-health.ts";
import { type AppParts, appFolders, type SharedPart, toRepositoryPath } from "./folders.ts";
import { type ManifestPlan, planFile } from "./manifest-plan.ts";

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

/** The database's manifests, then the app's Secrets, then its workload. Each waits for the one before. */
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
    database: when(has.database.length > 0, database),
    own: [
      ...when(has.own.length > 0, own),
      ...whenGiven(workload?.kind === "git" ? workload.path : undefined, (path) =>
        plan("application", `infra/${app.name}`, {
          name: application,
          path,
          after: [has.own.length > 0 ? secrets : afterDatabase],
          objects: [],
          holds: "workload",
        }),
      ),
    ],
  };
}

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
  return listNamespaces(app)
    .filter((name) => name !== postgres.namespace && first.get(name) === app)
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

const firstByNamespace = firstByKey(listNamespaces);

function listNamespaces({ namespace, roles, secrets, vault, delivery }: AppSpec) {
  if (delivery !== "git") return [];
  const others = [...roles, ...secrets, ...(vault?.secrets ?? [])];
  return sortUnique([namespace, ...others.map((one) => one.namespace)]);
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
) {
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
