import type { StackSpec } from "../../components/config/spec.ts";
import { type KubeAccess, parseAnswer } from "../../components/tunnel/kube-access.ts";
import { type ReachedCluster, requestOptions } from "./cluster.ts";
import { NotNeeded, type Outcome, type Passed, type Report } from "./report.ts";

/**
 * Who takes up what Berth writes: the kinds of its manifests, and the operator that makes Secrets of
 * them. A run goes well without them, and the apps then wait for their Secrets; so these only warn.
 */

const group = "cluster";

interface Kind {
  readonly name: string;
  readonly api: string;
  readonly resource: string;
  readonly fix: string;
}

const kinds: readonly Kind[] = [
  {
    name: "OnePasswordItem",
    api: "onepassword.com/v1",
    resource: "onepassworditems",
    fix: "install the 1Password operator, which brings it: https://developer.1password.com/docs/k8s/operator/",
  },
  {
    name: "Application",
    api: "argoproj.io/v1alpha1",
    resource: "applications",
    fix: "install Argo CD, which brings it: https://argo-cd.readthedocs.io/en/stable/getting_started/",
  },
];

/** The kinds, by the API server's own list, which every user may read; and the operator. */
export async function checkOperators(
  report: Report,
  needs: readonly [spec: Outcome<StackSpec>, cluster: Outcome<ReachedCluster>],
): Promise<void> {
  for (const kind of kinds) {
    await report.check({ group, name: kind.name, fix: kind.fix }, needs, async (spec, reached) => {
      requireManifests(spec);
      return await findKind(reached.access, kind);
    });
  }
  const fix = kinds[0]?.fix ?? "";
  await report.check({ group, name: "1Password operator", fix }, needs, async (spec, reached) => {
    requireManifests(spec);
    return await findOperator(reached.access, fix);
  });
}

function requireManifests(spec: StackSpec): void {
  if (spec.gitops === undefined && spec.cluster === undefined)
    throw new NotNeeded("the stack writes no manifests");
}

async function findKind(access: KubeAccess, kind: Kind): Promise<Passed<undefined>> {
  const answer = await access.send({ path: `/apis/${kind.api}` }, requestOptions);
  const list =
    answer.status === 200
      ? (parseAnswer(access.context, answer.body) as { resources?: readonly { name: string }[] })
      : {};
  const detail = `${kind.name} of ${kind.api}`;
  if (list.resources?.some(({ name }) => name === kind.resource) === true) {
    return { value: undefined, detail };
  }
  return warn(`the cluster (context "${access.context.name}") has no kind ${detail}`, kind.fix);
}

interface Deployment {
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly spec?: {
    readonly template?: { readonly spec?: { readonly containers?: { image?: string }[] } };
  };
  readonly status?: { readonly readyReplicas?: number };
}

async function findOperator(access: KubeAccess, fix: string): Promise<Passed<undefined>> {
  const found = (await listDeployments(access)).find(isOperator);
  if (found === undefined) {
    return warn("no Deployment of the cluster runs an image onepassword-operator", fix);
  }
  const { name, namespace } = found.metadata;
  const detail = `Deployment ${name} in ${namespace}`;
  return (found.status?.readyReplicas ?? 0) > 0
    ? { value: undefined, detail }
    : warn(
        `${detail} has no ready Pod, so it makes no Secrets`,
        `${access.context.kubectl} -n ${namespace} describe deployment ${name}`,
      );
}

function isOperator(deployment: Deployment): boolean {
  const containers = deployment.spec?.template?.spec?.containers ?? [];
  return containers.some(({ image }) => image?.includes("onepassword-operator") === true);
}

/** All of the cluster, a part at a time. */
async function listDeployments(access: KubeAccess): Promise<Deployment[]> {
  const found: Deployment[] = [];
  let next: string | undefined = "";
  while (next !== undefined) {
    const query = new URLSearchParams({ limit: "200", ...(next === "" ? {} : { continue: next }) });
    const path = `/apis/apps/v1/deployments?${query.toString()}`;
    const answer = await access.send({ path }, requestOptions);
    if (answer.status !== 200) {
      const status = String(answer.status);
      throw new NotNeeded(`this user may not list Deployments of all namespaces (${status})`);
    }
    const list = parseAnswer(access.context, answer.body) as {
      items?: Deployment[];
      metadata?: { continue?: string };
    };
    found.push(...(list.items ?? []));
    next = list.metadata?.continue || undefined;
  }
  return found;
}

function warn(detail: string, fix: string): Passed<undefined> {
  return { value: undefined, detail, warnings: [{ detail, fix }] };
}
