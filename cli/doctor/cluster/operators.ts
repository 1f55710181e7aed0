import type { StackSpec } from "../../../components/config/spec.ts";
import {
  findMissingChecks,
  toHealthCommand,
} from "../../../components/delivery/argocd/health-checks.ts";
import type { Kind } from "../../../components/delivery/cluster/kinds.ts";
import { listEmitted, toCustomKinds } from "../../../components/delivery/emitted-kinds.ts";
import type { KubernetesObject } from "../../../components/delivery/yaml.ts";
import { type KubeAccess, parseAnswer } from "../../../components/kubernetes/access.ts";
import { KubeError } from "../../../components/kubernetes/error.ts";
import { NotNeeded, type Outcome, type Passed, type Report, warn } from "../report.ts";
import { type ReachedCluster, requestOptions } from "./access.ts";
import { listAll } from "./list-all.ts";
import { checkReadiness } from "./readiness.ts";

/**
 * The cluster's part with manifests in Git: their kinds, and the operators that make Secrets from them. A run
 * succeeds without these, but the apps wait for their Secrets. So these checks only warn.
 */

const group = "cluster";

interface Operator {
  readonly name: string;
  /** Part of the name of the operator's image. */
  readonly image: string;
  /** API group of the objects that it reads. */
  readonly api: string;
}

const operators: readonly Operator[] = [
  { name: "1Password operator", image: "onepassword-operator", api: "onepassword.com" },
  { name: "External Secrets", image: "external-secrets", api: "external-secrets.io" },
  { name: "Vault Secrets Operator", image: "vault-secrets-operator", api: "secrets.hashicorp.com" },
];

/** Checks the operators, and the kinds by the API server's own list, which every user may read. */
export async function checkOperators(
  report: Report,
  [spec, cluster]: readonly [spec: Outcome<StackSpec>, cluster: Outcome<ReachedCluster>],
): Promise<void> {
  const fix = "correct the stack file";
  const emitted = await report.check({ group, name: "manifests", fix }, [spec], listObjects);
  const objects = "value" in emitted ? emitted.value : [];
  for (const kind of toCustomKinds(objects)) {
    const about = { group, name: kind.kind, fix: toFix(kind) };
    await report.check(about, [cluster], ({ access }) => findKind(access, kind));
  }
  await checkMakers(report, group, objects, cluster);
}

/** Checks the operators that make Secrets from these objects, and what they say of them. */
export async function checkMakers(
  report: Report,
  group: string,
  objects: readonly KubernetesObject[],
  cluster: Outcome<{ readonly access: KubeAccess }>,
): Promise<void> {
  const kinds = toCustomKinds(objects);
  for (const operator of operators) {
    const kind = kinds.find(({ apiVersion }) => apiVersion.startsWith(`${operator.api}/`));
    if (kind === undefined) continue;
    const about = { group, name: operator.name, fix: toFix(kind) };
    await report.check(about, [cluster], ({ access }) => findOperator(access, operator, about.fix));
  }
  await checkReadiness(report, group, objects, cluster);
}

function listObjects(spec: StackSpec): Passed<readonly KubernetesObject[]> {
  if (spec.gitops === undefined) throw new NotNeeded("the stack writes no manifests into Git");
  const objects = listEmitted(spec);
  const kinds = toCustomKinds(objects);
  return { value: objects, detail: kinds.map(({ kind }) => kind).join(", ") };
}

function toFix({ source }: Kind): string {
  return `install ${source ?? "it"}`;
}

async function findKind(access: KubeAccess, kind: Kind): Promise<Passed<undefined>> {
  const answer = await access.send({ path: `/apis/${kind.apiVersion}` }, requestOptions);
  const list =
    answer.status === 200
      ? (parseAnswer(access.context, answer.body) as { resources?: readonly { name: string }[] })
      : {};
  const detail = `${kind.kind} of ${kind.apiVersion}`;
  if (list.resources?.some(({ name }) => name === kind.resource) === true) {
    return { detail };
  }
  return warn(`the cluster (context "${access.context.name}") has no kind ${detail}`, toFix(kind));
}

/** Whether Argo CD waits for a wave before the next. If not, apps start before their Secrets are there: a warning. */
export async function checkHealthChecks(
  report: Report,
  [spec, cluster]: readonly [spec: Outcome<StackSpec>, cluster: Outcome<ReachedCluster>],
): Promise<void> {
  const about = { group, name: "Argo CD's health checks", fix: "correct the stack file" };
  await report.check(
    about,
    [spec, cluster],
    async (stack, { access }): Promise<Passed<undefined>> => {
      const target = stack.gitops ?? stack.cluster;
      const kinds = target === undefined ? [] : toCustomKinds(listEmitted(stack));
      if (target === undefined || !kinds.some(({ kind }) => kind === "Application")) {
        throw new NotNeeded("the stack has no Application");
      }
      const { argocdNamespace: namespace } = target;
      const ask = { verb: "get", resource: "configmaps", namespace, name: "argocd-cm" } as const;
      const found = (await access.read(ask, {}, requestOptions).catch((error: unknown) => {
        if (!(error instanceof KubeError)) throw error;
        throw new NotNeeded(`argocd-cm in ${namespace} was not read: ${error.what}`);
      })) as { readonly data?: Readonly<Record<string, string>> };
      const missing = findMissingChecks(kinds, found.data ?? {});
      const names = missing.map(({ kind }) => kind).join(", ");
      if (missing.length === 0) {
        return { detail: `argocd-cm in ${namespace} has what the waves need` };
      }
      return warn(
        `argocd-cm in ${namespace} has no health check of ${names}: the next wave does not wait for them`,
        toHealthCommand(access.context.kubectl, namespace, missing),
      );
    },
  );
}

interface Deployment {
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly spec?: {
    readonly template?: { readonly spec?: { readonly containers?: { image?: string }[] } };
  };
  readonly status?: { readonly readyReplicas?: number };
}

async function findOperator(
  access: KubeAccess,
  { image }: Operator,
  fix: string,
): Promise<Passed<undefined>> {
  const all = await listAll<Deployment>(access, "/apis/apps/v1/deployments", "Deployments");
  const found = all.find((deployment) => runs(deployment, image));
  if (found === undefined) {
    return warn(`no Deployment of the cluster runs an image ${image}`, fix);
  }
  const { name, namespace } = found.metadata;
  const detail = `Deployment ${name} in ${namespace}`;
  return (found.status?.readyReplicas ?? 0) > 0
    ? { detail }
    : warn(
        `${detail} has no ready Pod, so it makes no Secrets`,
        `${access.context.kubectl} -n ${namespace} describe deployment ${name}`,
      );
}

function runs(deployment: Deployment, name: string): boolean {
  const containers = deployment.spec?.template?.spec?.containers ?? [];
  return containers.some(({ image }) => image?.includes(name) === true);
}
